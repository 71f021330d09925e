// StoredRows: a matrix in the checkpoint's bytes, as the statistics of weights read it: row by row, in the stored
// orientation, possibly one role's rows out of a fused tensor.
#pragma once

#include <cstddef>

#include "base/dtype.h"
#include "kernel/packed.h"

namespace sg {

/// Not owned; no alignment is promised. Row r starts at data + ((r / run) * run_stride + r % run) * row_bytes: a role
/// whose rows lie in runs inside a fused tensor has run < rows.
struct StoredRows {
  const std::byte* data = nullptr;
  DType dtype = DType::kF32;
  std::size_t rows = 0;
  std::size_t cols = 0;  // a multiple of the dtype's block
  std::size_t row_bytes = 0;
  std::size_t run = 0;         // rows that follow one another; 0: all of them
  std::size_t run_stride = 0;  // stored rows from the start of one run to the next
  float scale = 1.0f;          // multiplied into every number after decoding
  // Not null: the numbers are those of this matrix from (packed_row, packed_col) on; data, dtype and row_bytes only
  // say which bytes will be wanted.
  const PackedMatrix* packed = nullptr;
  std::size_t packed_row = 0, packed_col = 0;

  std::size_t stored_row(std::size_t r) const { return run == 0 ? r : r / run * run_stride + r % run; }
  const std::byte* row(std::size_t r) const { return data + stored_row(r) * row_bytes; }
};

/// Sums over the numbers of some rows, in double. The shift keeps the digits of a standard deviation.
struct AbsSums {
  double shift = 0.0;          // of |x| - origin
  double shift_squares = 0.0;  // of (|x| - origin)^2
};

/// Vectors that a pass over rows reads and adds to have this many entries, zero beyond the columns.
constexpr std::size_t padded_columns(std::size_t cols) { return (cols + 7) / 8 * 8; }

}  // namespace sg
