#include "kernel/packed.h"

#include <algorithm>
#include <bit>

#include "kernel/decode.h"

namespace sg {
namespace {

/// `bits` at most 8 of a stream of words, low bits first; `step` bytes from one word to the next.
unsigned from_stream(const std::byte* words, std::size_t step, std::size_t at, unsigned bits) {
  const std::byte* word = words + at / 32 * step;
  const unsigned shift = static_cast<unsigned>(at % 32);
  std::uint32_t value = load_le<std::uint32_t>(word) >> shift;
  if (shift + bits > 32) value |= load_le<std::uint32_t>(word + step) << (32 - shift);
  return value & ((1u << bits) - 1);
}

unsigned from_awq(const std::byte* row, std::size_t col) {
  constexpr unsigned kNibble[8] = {0, 4, 1, 5, 2, 6, 3, 7};
  return (load_le<std::uint32_t>(row + col / 8 * 4) >> (4 * kNibble[col % 8])) & 15u;
}

std::size_t indexed(const std::byte* groups, std::size_t i, std::size_t count) {
  const auto stored = load_le<std::uint32_t>(groups + 4 * i);
  return std::min<std::size_t>(stored, count - 1);
}

/// Number i of a type that needs nothing but its bytes.
float stored_number(ScaleType type, const std::byte* data, std::size_t i) {
  switch (type) {
    case ScaleType::kF32: return load_le<float>(data + 4 * i);
    case ScaleType::kF16: return load_half(data + 2 * i);
    case ScaleType::kBF16: return bfloat_to_float(load_le<std::uint16_t>(data + 2 * i));
    case ScaleType::kE4M3: return e4m3_to_float(static_cast<std::uint8_t>(data[i]));
    case ScaleType::kE8M0: return e8m0_to_float(static_cast<std::uint8_t>(data[i]));
    case ScaleType::kOne:
    case ScaleType::kNested: break;
  }
  return 1.0f;
}

float stored_scale(const PackedScales& s, std::size_t i) {
  if (s.type != ScaleType::kNested) return stored_number(s.type, s.data, i);
  const float product = s.outer_map[load_u8(s.data + i)] * load_le<float>(s.outer + i / s.outer_run * 4);
  return product + s.outer_offset;
}

unsigned from_parts(const PackedMatrix& m, std::size_t item) {
  const auto part = static_cast<unsigned>(item / m.part_items);
  const std::size_t at = item % m.part_items;
  if (m.bits == 3) return (load_le<std::uint32_t>(m.codes + 4 * at) >> (27 - 3 * part)) & 7u;
  return (load_u8(m.codes + at) >> (8 - m.bits * (part + 1))) & ((1u << m.bits) - 1);
}

}  // namespace

std::size_t PackedMatrix::row_group(std::size_t row) const {
  return row_groups != nullptr ? indexed(row_groups, row, groups) : divided(row, scales.row_run);
}
std::size_t PackedMatrix::col_group(std::size_t col) const {
  return col_groups != nullptr ? indexed(col_groups, col, groups) : divided(col, scales.col_run);
}
std::size_t PackedMatrix::scale_index(std::size_t row, std::size_t col) const {
  if (scales.flat) return divided(row * cols + col, scales.col_run);
  return row_group(row) * scales.per_row + col_group(col);
}

unsigned packed_code(const PackedMatrix& m, std::size_t row, std::size_t col) {
  switch (m.layout) {
    case CodeLayout::kBytes: return load_u8(m.codes + row * m.row_bytes + col);
    case CodeLayout::kWords: {
      const std::byte* from = m.codes + row * m.row_bytes;
      if (8 % m.bits != 0) return from_stream(from, 4, col * m.bits, m.bits);
      const std::size_t per_byte = 8 / m.bits;
      return (load_u8(from + col / per_byte) >> (m.bits * (col % per_byte))) & ((1u << m.bits) - 1);
    }
    case CodeLayout::kNibblesHigh: {
      const std::size_t at = row * m.cols + col;
      return (load_u8(m.codes + at / 2) >> (at % 2 == 0 ? 4 : 0)) & 15u;
    }
    case CodeLayout::kColumnStream: {
      const std::byte* words = m.codes + row / 32 * m.bits * m.row_bytes + 4 * col;
      return from_stream(words, m.row_bytes, row % 32 * m.bits, m.bits);
    }
    case CodeLayout::kAwq: return from_awq(m.codes + row * m.row_bytes, col);
    case CodeLayout::kParts: return from_parts(m, row * m.cols + col);
  }
  return 0;
}

float packed_level(const PackedMatrix& m, unsigned code) {
  switch (m.level) {
    case Level::kUnsigned: return static_cast<float>(code);
    case Level::kSigned: return static_cast<float>(static_cast<std::int8_t>(code));
    case Level::kE4M3: return e4m3_to_float(static_cast<std::uint8_t>(code));
    case Level::kE5M2: return e5m2_to_float(static_cast<std::uint8_t>(code));
    case Level::kTable: return m.table[code];
  }
  return 0.0f;
}

float packed_scale(const PackedMatrix& m, std::size_t index) {
  const float scale = stored_scale(m.scales, std::min(index, m.scales.count - 1));
  return m.scales.divide ? scale / m.scales.global : scale * m.scales.global;
}

float packed_group_zero(const PackedMatrix& m, std::size_t row, std::size_t group, std::size_t index) {
  const PackedZeros& z = m.zeros;
  const std::size_t beside = std::min(index, m.scales.count - 1);
  int stored = 0;
  switch (z.layout) {
    case ZeroLayout::kNone:
    case ZeroLayout::kStream:
    case ZeroLayout::kAwq: break;
    case ZeroLayout::kRows:
      stored = static_cast<int>(from_stream(z.data + 4 * group, z.row_bytes, row * m.bits, m.bits));
      break;
    case ZeroLayout::kBytes: stored = load_i8(z.data + beside); break;
    case ZeroLayout::kFloats: return stored_number(z.type, z.data, beside);
  }
  return static_cast<float>(stored + z.add);
}

float packed_zero(const PackedMatrix& m, std::size_t row, std::size_t col) {
  const PackedZeros& z = m.zeros;
  int stored = 0;
  switch (z.layout) {
    case ZeroLayout::kNone:
    case ZeroLayout::kRows:
    case ZeroLayout::kBytes:
    case ZeroLayout::kFloats: return packed_group_zero(m, row, m.col_group(col), m.scale_index(row, col));
    case ZeroLayout::kStream:
      stored = static_cast<int>(from_stream(z.data + m.row_group(row) * z.row_bytes, 4, col * m.bits, m.bits));
      break;
    case ZeroLayout::kAwq: stored = static_cast<int>(from_awq(z.data + m.row_group(row) * z.row_bytes, col)); break;
  }
  const int sum = stored + z.add;
  return static_cast<float>(z.wraps ? sum & ((1 << m.bits) - 1) : sum);
}

float packed_number(const PackedMatrix& m, std::size_t row, std::size_t col) {
  const float level = packed_level(m, packed_code(m, row, col)) - packed_zero(m, row, col);
  return level * packed_scale(m, m.scale_index(row, col)) * m.after;
}

void decode_packed(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n, float* dst) {
  for (std::size_t i = 0; i < n; ++i) dst[i] = packed_number(m, row, col + i);
}

}  // namespace sg
