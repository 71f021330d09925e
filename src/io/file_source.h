// FileSource: the files of a checkpoint by their paths, on this machine or elsewhere. The readers of io/checkpoint.h
// know no other way to a file.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "base/result.h"
#include "io/file_map.h"

namespace sg {

class FileSource {
 public:
  virtual ~FileSource() = default;
  /// Errors: as of FileMap::open.
  virtual Result<FileMap> open(const std::filesystem::path& path) const = 0;
  /// Also for what cannot be opened, as a broken link.
  virtual bool is_present(const std::filesystem::path& path) const = 0;
  virtual bool is_folder(const std::filesystem::path& path) const = 0;
  /// What a folder holds, sorted by name.
  virtual std::vector<std::filesystem::path> entries(const std::filesystem::path& folder) const = 0;
  /// These will be opened next: a hint.
  virtual void expect(const std::vector<std::filesystem::path>& paths) const { static_cast<void>(paths); }
};

/// The files of this machine, mapped.
std::shared_ptr<const FileSource> files_on_disk();

}  // namespace sg
