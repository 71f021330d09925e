// WholeFile: a regular file that appears under its name whole or not at all, also when the program is killed.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sg {

/// Where a write to `target` goes: links are followed, so that a link stays and its file is replaced.
std::filesystem::path write_target(const std::filesystem::path& target);

/// Owns the descriptor. Until finish() the file has no name wherever the file system offers that (O_TMPFILE), else a
/// temporary one beside the target (.NAME.xxxxxx), which the destructor removes; one that a killed program left goes
/// with the next write of the same target. Movable, not thread-safe.
class WholeFile {
 public:
  /// `target`: as write_target gives it; no file, or a regular one that will be replaced. `mode`: of a new file, less
  /// the umask. Errors: as of file_error.
  static Result<WholeFile> create(const std::filesystem::path& target, mode_t mode = 0666);
  WholeFile(WholeFile&& other) noexcept;
  WholeFile& operator=(WholeFile&&) = delete;
  ~WholeFile();

  int descriptor() const { return fd_; }
  /// Appends. Errors: as of file_error.
  Result<void> write(std::string_view content);
  /// Flushes file and folder to the disk and gives the file its name. The mode is that of the file that it replaces,
  /// else what open(2) gives under the umask.
  Result<void> finish();

 private:
  WholeFile(std::filesystem::path target, mode_t mode) : target_(std::move(target)), mode_(mode) {}
  bool make_unnamed();
  bool make_named();
  bool name_it();

  std::filesystem::path target_;
  mode_t mode_;
  std::string temporary_;  // empty: no name yet, or the target's own
  int fd_ = -1;
};

}  // namespace sg
