#include "base/file_error.h"

#include <cerrno>
#include <system_error>

namespace sg {

Error file_error(std::string what, std::string_view where, int code) {
  const bool rights_or_name = code == ENOENT || code == ENOTDIR || code == EACCES || code == EPERM || code == EISDIR ||
                              code == ENAMETOOLONG || code == ELOOP;
  const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  return {.kind = rights_or_name ? ErrorKind::kBadInput : ErrorKind::kResource,
          .what = std::move(what),
          .where = std::string(where),
          .got = std::system_category().message(code),
          .hint = full ? "free some space or name another disk" : ""};
}

}  // namespace sg
