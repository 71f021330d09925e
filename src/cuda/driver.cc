#include "cuda/driver.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace sg::cuda {
namespace {

constexpr const char* kOtherwise = "; --device cpu computes the same numbers";

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

Error too_old(int version, int oldest) {
  return {.kind = ErrorKind::kResource,
          .what = "the NVIDIA driver is too old for the kernels of this program",
          .expected = version_text(oldest) + " or later",
          .got = version_text(version),
          .hint = std::string("update the driver") + kOtherwise};
}

}  // namespace

std::string version_text(int version) { return fmt::format("CUDA {}.{}", version / 1000, version % 1000 / 10); }

Error driver_error(const driver::Table& table, driver::Status status, std::string doing, std::string where) {
  const char *name = nullptr, *text = nullptr;
  table.error_name(status, &name);
  table.error_text(status, &text);
  return {.kind = ErrorKind::kResource,
          .what = std::move(doing) + " failed",
          .where = std::move(where),
          .got = fmt::format("{} ({})", name != nullptr ? name : std::to_string(status),
                             text != nullptr ? text : "unknown"),
          .hint = status == driver::kOutOfMemory ? "other programs may hold the GPU's memory (nvidia-smi lists them)"
                                                 : std::string("nvidia-smi shows the GPU's state") + kOtherwise};
}

Result<driver::Table> load_driver(const std::string& library, int oldest) {
  void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed: it has threads and exit handlers
  driver::Table table = {};
  bool all = handle != nullptr;
  int version = 0;
  // An old driver lacks some of the functions, but says how old it is.
  if (all && find(handle, "cuDriverGetVersion", table.driver_version) && table.driver_version(&version) == 0 &&
      version < oldest)
    return too_old(version, oldest);
#define SG_FIND(MEMBER, NAME, ...) all = all && find(handle, #NAME, table.MEMBER);
  SG_DRIVER_FUNCTIONS(SG_FIND)
#undef SG_FIND
  if (!all) {
    const char* why = ::dlerror();
    return Error{.kind = ErrorKind::kResource,
                 .what = "no NVIDIA driver could be loaded",
                 .where = library,
                 .got = why == nullptr ? "" : why,
                 .hint = std::string("install NVIDIA's driver") + kOtherwise};
  }
  if (const driver::Status status = table.init(0); status != 0)
    return driver_error(table, status, "starting the NVIDIA driver", library);
  return table;
}

}  // namespace sg::cuda
