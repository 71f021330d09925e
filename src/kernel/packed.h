// PackedMatrix: a matrix kept as small codes beside scales and zero points, as quantised checkpoints of safetensors
// store a linear layer. It says where each of them lies and how they make a number:
//     ((level(code) - zero) * scale) * after
// every operation rounded to float32, as the reference packages do (docs/formats.md). A GPTQ or AWQ layer is stored by
// inputs: its stored rows are then inputs and its columns outputs.
// Nothing is owned. Addresses have any alignment. Sizes are checked by whoever fills it in (src/model/forms); what
// stands in the bytes is not trusted: an index beyond the groups is read as the last one.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sg {

/// a / b. Groups have powers of two, mostly, and a division takes longer than what is done with a vector of codes.
inline std::size_t divided(std::size_t a, std::size_t b) {
  return std::has_single_bit(b) ? a >> std::countr_zero(b) : a / b;
}

/// How the codes of a stored row lie. Words are 32 bits, little-endian.
enum class CodeLayout : std::uint8_t {
  kBytes,         // one byte each
  kWords,         // a stream of words, the first code in the low bits; a row begins a word (of 1, 2, 4, 8 bits: a byte)
  kNibblesHigh,   // two to a byte, the first in the high half; rows follow one another without a gap
  kColumnStream,  // GPTQ: 32 rows of one column are a stream of `bits` words, low bits first, a word row apart
  kAwq,           // 4 bits, 8 columns to a word: column j at nibble 0 4 1 5 2 6 3 7
  kParts,         // HQQ: all numbers in parts of part_items, the first in the high bits of as many bytes; 3 bits: words
};

/// What a code stands for.
enum class Level : std::uint8_t { kUnsigned, kSigned, kE4M3, kE5M2, kTable };

enum class ScaleType : std::uint8_t {
  kOne,  // there are none
  kF32,
  kF16,
  kBF16,
  kE4M3,    // OCP 8-bit floating point
  kE8M0,    // 2^(byte - 127); 255 is NaN
  kNested,  // bitsandbytes: bytes that are themselves quantised
};

/// The scale of (row, column) is number (row group) * per_row + (column group).
struct PackedScales {
  ScaleType type = ScaleType::kOne;
  const std::byte* data = nullptr;
  std::size_t row_run = 1, col_run = 1;  // rows and columns that share one; at least 1
  std::size_t per_row = 1;
  std::size_t count = 1;  // of all scales; at least 1
  bool flat = false;      // bitsandbytes: blocks of col_run numbers over all rows as one
  // kNested: outer_map[byte] * outer[i / outer_run] + outer_offset
  const float* outer_map = nullptr;  // (256)
  const std::byte* outer = nullptr;  // float32
  std::size_t outer_run = 1;
  float outer_offset = 0;
  // The whole matrix's: multiplied into every scale, or what every scale is divided by.
  float global = 1;
  bool divide = false;
};

/// How the zero points lie; those of a group beside its scales.
enum class ZeroLayout : std::uint8_t {
  kNone,    // `add` alone is subtracted
  kStream,  // GPTQ: of a row group, a stream of `bits` along the columns
  kAwq,     // of a row group, as the codes of a row
  kRows,    // compressed-tensors: a stream of words down the rows, one column group beside the other
  kBytes,   // one signed byte beside every scale
  kFloats,  // HQQ: a number of `type` beside every scale
};
struct PackedZeros {
  ZeroLayout layout = ZeroLayout::kNone;
  ScaleType type = ScaleType::kF32;  // kFloats
  const std::byte* data = nullptr;
  std::size_t row_bytes = 0;  // from one row of words to the next
  int add = 0;                // to every stored zero point
  bool wraps = false;         // the sum is taken modulo 2^bits
};

struct PackedMatrix {
  std::string form;                // as people are told: "GPTQ 4 bit, groups of 128"
  std::size_t rows = 0, cols = 0;  // as stored
  CodeLayout layout = CodeLayout::kBytes;
  Level level = Level::kUnsigned;
  unsigned bits = 8;
  const std::byte* codes = nullptr;
  std::size_t row_bytes = 0;     // of codes, from one row to the next; kColumnStream: from one word row to the next
  std::size_t part_items = 1;    // kParts; at least 1
  const float* table = nullptr;  // kTable: 2^bits numbers
  PackedScales scales;
  PackedZeros zeros;
  float after = 1;
  // Which group a row, or a column, is of; null: they run in order.
  const std::byte* row_groups = nullptr;          // int32
  const std::byte* col_groups = nullptr;          // int32
  std::size_t groups = 1;                         // of the indexed ones
  bool by_inputs = false;                         // the stored rows are inputs
  std::vector<std::span<const std::byte>> parts;  // every range of bytes that it is read from

  std::size_t row_group(std::size_t row) const;
  std::size_t col_group(std::size_t col) const;
  std::size_t scale_index(std::size_t row, std::size_t col) const;
};

/// The plain reference, one number after another.
unsigned packed_code(const PackedMatrix& m, std::size_t row, std::size_t col);
float packed_level(const PackedMatrix& m, unsigned code);
float packed_scale(const PackedMatrix& m, std::size_t index);
float packed_zero(const PackedMatrix& m, std::size_t row, std::size_t col);
/// That of a stored row's group `group` of columns, which is beside scale `index`.
float packed_group_zero(const PackedMatrix& m, std::size_t row, std::size_t group, std::size_t index);
float packed_number(const PackedMatrix& m, std::size_t row, std::size_t col);

/// n numbers of stored row `row` from column `col` on.
void decode_packed(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n, float* dst);

}  // namespace sg
