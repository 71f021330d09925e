// FileMap: one read-only memory-mapped file, and what streaming asks of its pages.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "base/result.h"

namespace sg {

/// Owns the mapping; movable. The bytes stay valid until destruction, also when the file is removed or replaced
/// by another; a file cut short by another program while it is mapped is out of anyone's hands (SIGBUS).
class FileMap {
 public:
  /// Errors: missing (a broken symbolic link says where it points), not a regular file, unreadable, empty.
  static Result<FileMap> open(const std::filesystem::path& path);
  FileMap(const FileMap&) = delete;
  FileMap& operator=(const FileMap&) = delete;
  FileMap(FileMap&& other) noexcept;
  FileMap& operator=(FileMap&& other) noexcept;
  ~FileMap();

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }

 private:
  FileMap(std::filesystem::path path, const std::byte* data, std::size_t size);
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Hints about a range of mapped bytes; ranges are widened (prefetch) or narrowed (release) to whole pages.
/// prefetch starts reading ahead and returns at once. read_now returns when the range is in memory and mapped, where
/// the kernel offers that (Linux 5.14), else at once. release drops the pages from this process; they are read again
/// when touched.
void prefetch(std::span<const std::byte> range);
void read_now(std::span<const std::byte> range);
void release(std::span<const std::byte> range);

}  // namespace sg
