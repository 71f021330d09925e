#include "io/file_source.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <system_error>

#include "base/folder.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

/// What git leaves in place of a large file that it has not fetched: a few lines that say which one it is.
bool is_lfs_pointer(std::span<const std::byte> bytes) {
  constexpr std::string_view kBegin = "version https://git-lfs.github.com/spec/";
  constexpr std::size_t kLongest = 1024;  // of the specification
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kBegin.size()));
  return bytes.size() <= kLongest && text == kBegin;
}

class DiskFiles final : public FileSource {
 public:
  Result<FileMap> open(const fs::path& path) const override {
    SG_TRY(FileMap file, FileMap::open(path));
    if (!is_lfs_pointer(file.bytes())) return file;
    return Error{.what = "is a pointer of Git LFS in place of the file",
                 .where = path.string(),
                 .hint = "fetch the file itself: git lfs pull, in the folder of the clone"};
  }
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
