// One file of a download, and what is under way for it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "hub/content_location.h"
#include "hub/file_lock.h"
#include "hub/hub.h"
#include "hub/part_file.h"
#include "hub/verifier.h"

namespace sg {

/// Ranges of a file that are asked for at once: large enough to be few, small enough that several connections share a
/// file and that little is lost with one. Constants of the Hub's clients (64 MB) at the upper end.
inline constexpr std::uint64_t kLargestRange = std::uint64_t{64} << 20;
inline constexpr std::uint64_t kSmallestRange = std::uint64_t{8} << 20;
/// After so many bytes of a range they are noted as there.
inline constexpr std::uint64_t kNoteEvery = std::uint64_t{4} << 20;

struct DownloadJob {
  HubFile file;
  FileLock lock;
  std::unique_ptr<PartFile> part;      // null: not begun, or done
  std::unique_ptr<Verifier> verifier;  // of large files
  std::deque<ByteRange> todo;          // neither there nor asked for
  std::size_t running = 0;             // transfers under way
  ContentLocation location;
  bool whole_only = false;  // the server gives no ranges
  bool restarted = false;   // its bytes of an earlier process were wrong once
  bool done = false;
  /// Fills `todo` with what the part lacks.
  void plan();
};

}  // namespace sg
