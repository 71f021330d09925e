#include "spectra/lapack.h"

#include <dlfcn.h>

#include <string>

namespace sg {
namespace {

// The loader's own places first, then where the build found it.
constexpr const char* kNames[] = {"libopenblas.so.0", "libopenblas.so", SG_OPENBLAS_FOLDER "/libopenblas.so"};

Error not_loaded() {
  const char* why = ::dlerror();
  return {.kind = ErrorKind::kResource,
          .what = "LAPACK could not be loaded",
          .where = kNames[0],
          .got = why == nullptr ? "" : why,
          .hint = "install OpenBLAS (Debian: libopenblas0)"};
}

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

Result<Lapack> load() {
  void* library = nullptr;  // never closed: OpenBLAS has threads
  for (const char* name : kNames) {
    library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) break;
  }
  if (library == nullptr) return not_loaded();
  Lapack table = {};
  void (*set_threads)(int) = nullptr;
  if (!find(library, "dtpqrt_", table.dtpqrt) || !find(library, "dgesdd_", table.dgesdd) ||
      !find(library, "openblas_set_num_threads", set_threads)) {
    return not_loaded();
  }
  set_threads(1);  // its own threads would change the order of sums
  return table;
}

}  // namespace

Result<const Lapack*> lapack() {
  static const Result<Lapack> table = load();
  if (!table.ok()) return table.error();
  return &table.value();
}

}  // namespace sg
