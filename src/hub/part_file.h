// PartFile: a blob that is being fetched, and beside it which of its ranges have come, so that another process goes on
// where this one stopped. Both lie in blobs/, as <etag>.streamgauge.incomplete and <etag>.streamgauge.ranges.
//
// The ranges' file is text: "streamgauge-ranges 1 SIZE", then one "BEGIN END" a line, appended after the bytes were
// written. It is a promise of a process that may have been killed or lost power: whoever goes on verifies the whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "base/result.h"
#include "io/range_set.h"

namespace sg {

/// Whether so many files are few enough to flush one by one: of more the file system flushes all at less cost.
inline bool are_flushed_alone(std::size_t files) { return files <= 64; }

/// Owns both files' descriptors. Not thread-safe, but visit() may run beside the other calls.
class PartFile {
 public:
  /// kKept: bytes of an earlier process count. kOwn: a name of this process alone, for caches without locks; it is
  /// removed by the destructor.
  enum class Name : std::uint8_t { kKept, kOwn };
  /// For the blob at `blob`, of `size` bytes. Errors: as of file_error.
  static Result<PartFile> open(const std::filesystem::path& blob, std::uint64_t size, Name name);
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&&) = delete;
  ~PartFile();

  const RangeSet& present() const { return present_; }
  /// Bytes that were there when it was opened.
  std::uint64_t resumed() const { return resumed_; }

  Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes);
  /// Says that these bytes were written; another process may count on it.
  Result<void> note(const ByteRange& range);
  /// Hands bytes that are present to `take`, piece by piece in their order: as they lie in memory already, where the
  /// system maps them, since a copy would cost a fifth of what summing them does.
  Result<void> visit(const ByteRange& range, const std::function<void(std::span<const std::byte>)>& take) const;
  /// kNow: the bytes are on the disk before the file has its name. kLater: with others (CacheLayout::flush), or marked
  /// (unflushed.h).
  enum class Flush : std::uint8_t { kNow, kLater };
  /// Gives the file its name, with the mode of a new file under the umask, and removes the ranges. The caller has
  /// verified it.
  Result<void> finish(const std::filesystem::path& destination, Flush flush);
  /// Removes both files.
  void discard();

  /// Bytes that an earlier process left for the blob; 0 when there is nothing to go on with. Opens nothing for writing.
  static std::uint64_t bytes_left(const std::filesystem::path& blob, std::uint64_t size);

 private:
  PartFile() = default;
  Result<void> open_both();
  Result<void> read(std::uint64_t offset, std::span<std::byte> out) const;
  Error failed(const std::filesystem::path& file) const;

  std::filesystem::path part_, ranges_;
  std::uint64_t size_ = 0, resumed_ = 0;
  RangeSet present_;
  int fd_ = -1, ranges_fd_ = -1;
  bool own_ = false;
};

}  // namespace sg
