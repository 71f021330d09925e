// Window: a file that is not on this machine as addresses of its own length, of which only what was asked for is in
// memory. Whoever computes asks first (ensure); whoever is done gives back (io/file_map.h, release). Mapped files need
// neither: for addresses outside of every window all of this does nothing and costs one load.
//
// A read that fails leaves zeros and is remembered, as the lost pages of a mapped file are: whoever computes goes on
// and asks at its next step (FileMap::check).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/byte_source.h"
#include "io/range_set.h"

namespace sg {

/// Owns the addresses. Thread-safe; it stays where it is.
class Window {
 public:
  /// Error (resource): the system gives no addresses.
  static Result<std::unique_ptr<Window>> open(std::uint64_t size, std::shared_ptr<ByteSource> source,
                                              const std::string& where);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  bool holds(const std::byte* at) const;

  /// Returns when the ranges are in memory; those that are, are not read again.
  void fill(std::span<const ByteRange> ranges);
  /// Bytes that are known already.
  void put(std::uint64_t offset, std::span<const std::byte> bytes);
  /// Never given back.
  void pin(const ByteRange& range);
  /// Gives the whole pages of a range back, but what is pinned; spots that were asked for are copied before.
  void drop(const ByteRange& range);
  /// Small pieces that are wanted later, whatever becomes of their pages.
  void want_spots(const std::vector<ByteRange>& spots);
  /// Copies bytes that are in memory, were kept as a spot, or are read for this alone; the window stays as it is.
  Result<void> copy(std::uint64_t offset, std::span<std::byte> out);
  /// Reads all spots that are not there yet, together.
  Result<void> gather_spots();
  /// The first read that failed.
  Result<void> check() const;

 private:
  Window(std::byte* data, std::size_t size, std::shared_ptr<ByteSource> source);
  void keep_spots(const ByteRange& range);

  std::byte* const data_;
  const std::size_t size_;
  const std::shared_ptr<ByteSource> source_;
  mutable std::mutex mutex_;
  RangeSet present_, pinned_;
  std::map<std::uint64_t, std::uint64_t> wanted_;         // spots: begin to end
  std::map<std::uint64_t, std::vector<std::byte>> kept_;  // their bytes, by begin
  Result<void> failure_;
};

/// Returns when every range that lies in a window is in memory.
void ensure(std::span<const std::span<const std::byte>> ranges);
inline void ensure(std::span<const std::byte> range) { ensure({&range, 1}); }
/// The same, and it stays: headers, which others point into.
void pin(std::span<const std::byte> range);
/// Whether an address lies in a window.
bool is_in_window(const std::byte* at);
/// Gives pages back; false when the range lies in no window.
bool drop_from_window(std::span<const std::byte> range);

}  // namespace sg
