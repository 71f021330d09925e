#include "io/file_source.h"

#include <system_error>

#include "base/folder.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

class DiskFiles final : public FileSource {
 public:
  Result<FileMap> open(const fs::path& path) const override { return FileMap::open(path); }
  bool is_present(const fs::path& path) const override {
    std::error_code ignored;
    return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
  }
  bool is_folder(const fs::path& path) const override { return sg::is_folder(path); }
  std::vector<fs::path> entries(const fs::path& folder) const override { return entries_of(folder); }
};

}  // namespace

std::shared_ptr<const FileSource> files_on_disk() {
  static const auto disk = std::make_shared<const DiskFiles>();
  return disk;
}

}  // namespace sg
