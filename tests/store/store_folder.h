// A folder for one store, removed with all that is in it; what the tests of the store share.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "store/sqlite_store.h"

namespace sg::tests {

class StoreFolder {
 public:
  StoreFolder() {
    // In memory where there is such a folder: a disk takes many times as long to flush, and proves no more.
    const std::filesystem::path memory = "/dev/shm";
    const auto parent = ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "store-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for the test");
    folder_ = name;
  }
  ~StoreFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  StoreFolder(const StoreFolder&) = delete;
  StoreFolder& operator=(const StoreFolder&) = delete;

  std::filesystem::path file() const { return folder_ / "store.sqlite"; }

 private:
  std::filesystem::path folder_;
};

inline const RowKey kKey = {.fingerprint = "ab", .numerics = 1};

inline std::unique_ptr<RowStore> opened(const std::filesystem::path& file, StoreAccess access = StoreAccess::kWrite) {
  auto store = open_store(file, access);
  if (!store.ok()) throw std::runtime_error(store.error().message());
  return std::move(store).value();
}

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_bytes(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace sg::tests
