#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "store/sqlite_store.h"

namespace {

/// SQLite opens files only; one in memory is the cheapest.
std::string file_of(const std::uint8_t* data, std::size_t size) {
  static const std::string kFile = (::access("/dev/shm", W_OK) == 0 ? "/dev/shm/fuzz-store-" : "fuzz-store-") +
                                   std::to_string(::getpid()) + ".sqlite";
  std::ofstream(kFile, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  return kFile;
}

template <class T>
bool speaks(const sg::Result<T>& result) {
  return result.ok() || !result.error().message().empty();
}

}  // namespace

/// A store with one measurement, one weights report and one run, changed in any way, is read or refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string file = file_of(data, size);
  {
    const auto store = sg::open_store(file, sg::StoreAccess::kRead);
    if (!speaks(store)) std::abort();
    if (store.ok()) {
      const sg::RowKey key = {.fingerprint = "ab", .numerics = 1};
      const std::vector<std::int32_t> ids = {1, 2};
      if (!speaks(store.value()->find(key, ids)) || !speaks(store.value()->find_weights(key)) ||
          !speaks(store.value()->find_run())) {
        std::abort();
      }
    }
  }
  ::unlink(file.c_str());
  return 0;
}
