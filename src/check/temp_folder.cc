#include "check/temp_folder.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace sg {

Result<TempFolder> TempFolder::make() {
  std::error_code failure;
  const std::filesystem::path base = std::filesystem::temp_directory_path(failure);
  std::string name = (base / "streamgauge-XXXXXX").string();
  if (failure || ::mkdtemp(name.data()) == nullptr) {
    return Error{.kind = ErrorKind::kResource,
                 .what = "no temporary folder can be made",
                 .where = name,
                 .got = failure ? failure.message() : std::system_category().message(errno),
                 .hint = "TMPDIR names another place"};
  }
  return TempFolder(name);
}

void TempFolder::remove() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  path_.clear();
}

}  // namespace sg
