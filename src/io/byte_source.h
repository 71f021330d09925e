// ByteSource: where the bytes of a file come from that is not on this machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace sg {

class ByteSource {
 public:
  struct Piece {
    std::uint64_t offset = 0;  // in the file
    std::span<std::byte> out;
  };
  virtual ~ByteSource() = default;
  /// Fills every piece, several at a time where that is faster. Thread-safe.
  virtual Result<void> read(std::span<const Piece> pieces) = 0;
};

}  // namespace sg
