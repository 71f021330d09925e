#include "hub/curl_library.h"

#include <dlfcn.h>

namespace sg {
namespace {

// The one with OpenSSL first, as programs are mostly linked with it; the other has the same interface.
constexpr const char* kNames[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

Error not_loaded() {
  const char* why = ::dlerror();
  return {.kind = ErrorKind::kResource,
          .what = "libcurl could not be loaded",
          .where = kNames[0],
          .got = why == nullptr ? "" : why,
          .hint = "install it (Debian: libcurl4); only the network needs it, models on this machine do not"};
}

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

bool find_all(void* library, CurlLibrary& c) {
  return find(library, "curl_global_init", c.global_init) && find(library, "curl_easy_init", c.easy_init) &&
         find(library, "curl_easy_cleanup", c.easy_cleanup) && find(library, "curl_easy_reset", c.easy_reset) &&
         find(library, "curl_easy_setopt", c.easy_setopt) && find(library, "curl_easy_strerror", c.easy_strerror) &&
         find(library, "curl_multi_init", c.multi_init) && find(library, "curl_multi_cleanup", c.multi_cleanup) &&
         find(library, "curl_multi_setopt", c.multi_setopt) &&
         find(library, "curl_multi_add_handle", c.multi_add_handle) &&
         find(library, "curl_multi_remove_handle", c.multi_remove_handle) &&
         find(library, "curl_multi_perform", c.multi_perform) && find(library, "curl_multi_poll", c.multi_poll) &&
         find(library, "curl_multi_info_read", c.multi_info_read) &&
         find(library, "curl_slist_append", c.slist_append) && find(library, "curl_slist_free_all", c.slist_free_all) &&
         find(library, "curl_version", c.version);
}

Result<CurlLibrary> load() {
  void* library = nullptr;  // never closed: its TLS library has threads and exit handlers
  for (const char* name : kNames) {
    library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) break;
  }
  CurlLibrary table = {};
  if (library == nullptr || !find_all(library, table)) return not_loaded();
  if (table.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return not_loaded();
  return table;
}

}  // namespace

Result<const CurlLibrary*> curl_library() {
  static const Result<CurlLibrary> table = load();
  if (!table.ok()) return table.error();
  return &table.value();
}

}  // namespace sg
