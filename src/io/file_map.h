// FileMap: one read-only memory-mapped file, and what streaming asks of its pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "base/result.h"
#include "io/byte_source.h"
#include "io/lost_pages.h"
#include "io/window.h"

namespace sg {

/// What tells one state of a file from another.
struct FileState {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t written_ns = 0;  // mtime, nanoseconds since 1970
  std::int64_t changed_ns = 0;  // ctime: also set when only the name or the rights changed
  /// The same file with the same bytes, as far as the system tells.
  bool same_content(const FileState& other) const {
    return device == other.device && inode == other.inode && size == other.size && written_ns == other.written_ns;
  }
};

/// Owns the mapping; movable. The addresses stay valid until destruction, also when the file is removed or replaced by
/// another. Bytes that another program changes or cuts off are not what they were: check and check_unchanged tell
/// (io/lost_pages.h).
class FileMap {
 public:
  /// Errors: missing (a broken symbolic link says where it points), not a regular file, unreadable, empty.
  static Result<FileMap> open(const std::filesystem::path& path);
  /// A file of `size` bytes that is elsewhere: addresses without memory until it is asked for (io/window.h). `path`
  /// names it in messages. Errors: it is empty, the system gives no addresses.
  static Result<FileMap> over(const std::filesystem::path& path, std::uint64_t size,
                              std::shared_ptr<ByteSource> source);
  FileMap(const FileMap&) = delete;
  FileMap& operator=(const FileMap&) = delete;
  FileMap(FileMap&& other) noexcept;
  FileMap& operator=(FileMap&& other) noexcept;
  ~FileMap();

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  /// Null for a mapped file.
  Window* window() const { return window_.get(); }
  const std::filesystem::path& path() const { return path_; }
  /// As it was when it was opened.
  const FileState& state() const { return state_; }

  /// Error: bytes that were read since were no longer there. Costs nothing.
  Result<void> check() const;
  /// Also an error: under its path lies another file now, or one with another size or time of writing. A file that is
  /// gone is none: its bytes are still whole. A system call.
  Result<void> check_unchanged() const;

 private:
  FileMap(std::filesystem::path path, std::span<const std::byte> bytes, const FileState& state);
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  FileState state_;
  std::unique_ptr<PageWatch> watch_;
  std::unique_ptr<Window> window_;  // instead of a mapping
};

/// Reads a mapped file's bytes without mapping a page: on systems that keep files in large pieces, touching one byte
/// of a mapping maps megabytes. Not thread-safe.
class FileReader {
 public:
  enum class Order : std::uint8_t { kAscending, kScattered };
  /// kScattered: nothing is read from the disk beyond what is asked for. Errors: the file cannot be opened again, or is
  /// no longer what was mapped.
  static Result<FileReader> open(const FileMap& file, Order order = Order::kAscending);
  FileReader(FileReader&& other) noexcept;
  FileReader& operator=(FileReader&&) = delete;
  FileReader(const FileReader&) = delete;
  ~FileReader();

  /// Fills `out` from `offset` on. Errors: the file ends before, the disk fails.
  Result<void> read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  FileReader(int descriptor, std::filesystem::path path);
  Window* window_ = nullptr;  // of a file that is elsewhere
  int descriptor_;
  std::filesystem::path path_;
};

/// Hints about a range of mapped bytes; ranges are widened (prefetch) or narrowed (release) to whole pages.
/// prefetch starts reading ahead and returns at once; of a long range the system may read the beginning alone.
/// prefetch_all starts reading every page, so that none is missing when it is touched: of what surrounds a missing
/// page the system reads as much as it likes (Linux: the device's read_ahead_kb), wanted or not. read_now returns when
/// the range is in memory and mapped, where the kernel offers that (Linux 5.14), else at once; bytes that are gone mark
/// their file (FileMap::check). release drops the pages from this process; they are read again when touched.
void prefetch(std::span<const std::byte> range);
void prefetch_all(std::span<const std::byte> range);
void read_now(std::span<const std::byte> range);
void release(std::span<const std::byte> range);

}  // namespace sg
