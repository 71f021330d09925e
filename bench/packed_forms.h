// Matrices of the stored forms of quantised layers, with random codes and scales of ordinary size, for benchmarks.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/counter_rng.h"
#include "kernel/kernels.h"

namespace sg {

/// Owns what `matrix` refers to; stays where it is.
struct PackedForm {
  std::vector<std::byte> codes, scales, zeros, groups, outer;
  PackedMatrix matrix;

  std::size_t bytes() const { return codes.size() + scales.size() + zeros.size() + groups.size() + outer.size(); }
};

/// How a published form stores a matrix; groups of 0 are whole rows.
struct FormRow {
  std::string_view name;
  CodeLayout layout;
  Level level;
  unsigned bits;
  ScaleType scale;
  std::size_t row_run = 1, group = 0;
  ZeroLayout zeros = ZeroLayout::kNone;
  int add = 0;
  bool indexed = false;  // inputs belong to groups in no order
};

inline constexpr auto kPackedForms = std::to_array<FormRow>({
    {"FP8-whole", CodeLayout::kBytes, Level::kE4M3, 8, ScaleType::kF32, SIZE_MAX},
    {"FP8-rows", CodeLayout::kBytes, Level::kE4M3, 8, ScaleType::kBF16},
    {"FP8-blocks", CodeLayout::kBytes, Level::kE4M3, 8, ScaleType::kF32, 128, 128},
    {"FP8-E5M2-rows", CodeLayout::kBytes, Level::kE5M2, 8, ScaleType::kF32},
    {"MXFP8", CodeLayout::kBytes, Level::kE4M3, 8, ScaleType::kE8M0, 1, 32},
    {"INT8-rows", CodeLayout::kBytes, Level::kSigned, 8, ScaleType::kF32},
    {"INT8-zeros", CodeLayout::kBytes, Level::kSigned, 8, ScaleType::kF32, 1, 0, ZeroLayout::kBytes},
    {"MXFP6", CodeLayout::kWords, Level::kTable, 6, ScaleType::kE8M0, 1, 32},
    {"MXFP4", CodeLayout::kWords, Level::kTable, 4, ScaleType::kE8M0, 1, 32},
    {"NVFP4", CodeLayout::kWords, Level::kTable, 4, ScaleType::kE4M3, 1, 16},
    {"NF4", CodeLayout::kNibblesHigh, Level::kTable, 4, ScaleType::kF32, 1, 64},
    {"NF4-nested", CodeLayout::kNibblesHigh, Level::kTable, 4, ScaleType::kNested, 1, 64},
    {"W8A16", CodeLayout::kWords, Level::kUnsigned, 8, ScaleType::kBF16, 1, 0, ZeroLayout::kNone, 128},
    {"W4A16", CodeLayout::kWords, Level::kUnsigned, 4, ScaleType::kBF16, 1, 128, ZeroLayout::kNone, 8},
    {"W4A16-zeros", CodeLayout::kWords, Level::kUnsigned, 4, ScaleType::kBF16, 1, 128, ZeroLayout::kRows},
    {"W4A16-order", CodeLayout::kWords, Level::kUnsigned, 4, ScaleType::kBF16, 1, 128, ZeroLayout::kNone, 8, true},
    {"W3A16", CodeLayout::kWords, Level::kUnsigned, 3, ScaleType::kBF16, 1, 128, ZeroLayout::kNone, 4},
    {"HQQ4", CodeLayout::kParts, Level::kUnsigned, 4, ScaleType::kF16, 1, 64, ZeroLayout::kFloats},
    {"HQQ8", CodeLayout::kParts, Level::kUnsigned, 8, ScaleType::kF16, 1, 64, ZeroLayout::kFloats},
    {"GPTQ2", CodeLayout::kColumnStream, Level::kUnsigned, 2, ScaleType::kF16, 128, 1, ZeroLayout::kStream, 1},
    {"GPTQ3", CodeLayout::kColumnStream, Level::kUnsigned, 3, ScaleType::kF16, 128, 1, ZeroLayout::kStream, 1},
    {"GPTQ4", CodeLayout::kColumnStream, Level::kUnsigned, 4, ScaleType::kF16, 128, 1, ZeroLayout::kStream, 1},
    {"GPTQ8", CodeLayout::kColumnStream, Level::kUnsigned, 8, ScaleType::kF16, 128, 1, ZeroLayout::kStream, 1},
    {"GPTQ4-order", CodeLayout::kColumnStream, Level::kUnsigned, 4, ScaleType::kF16, 128, 1, ZeroLayout::kStream, 1,
     true},
    {"AWQ4", CodeLayout::kAwq, Level::kUnsigned, 4, ScaleType::kF16, 128, 1, ZeroLayout::kAwq},
});

inline const float* table_of_levels() {
  static const std::array<float, 64> levels = [] {
    std::array<float, 64> made{};
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = (static_cast<float>(i % 16) - 7.5f) / 8.0f;
    return made;
  }();
  return levels.data();
}

/// What stands in `bytes` from `period` on becomes what stood before it, again and again.
inline void repeat(std::vector<std::byte>& bytes, std::size_t period) {
  for (std::size_t at = period; at < bytes.size(); at += period) {
    std::memcpy(bytes.data() + at, bytes.data(), std::min(period, bytes.size() - at));
  }
}

inline std::vector<std::byte> random_codes(std::size_t n, std::uint64_t seed) {
  const CounterRng rng(seed);
  std::vector<std::byte> bytes(n);
  const std::size_t period = std::min<std::size_t>(n, 65537);
  for (std::size_t i = 0; i < period; ++i) bytes[i] = static_cast<std::byte>(rng.bits(i) & 0x7bu);  // no NaN of E4M3
  if (n > 0) repeat(bytes, period);
  return bytes;
}

/// n equal scales of ordinary size.
inline std::vector<std::byte> equal_scales(ScaleType type, std::size_t n) {
  const auto repeated = [n](auto stored) {
    std::vector<std::byte> bytes(n * sizeof stored);
    for (std::size_t i = 0; i < n; ++i) std::memcpy(bytes.data() + i * sizeof stored, &stored, sizeof stored);
    return bytes;
  };
  switch (type) {
    case ScaleType::kOne: return {};
    case ScaleType::kF32: return repeated(0.0117f);
    case ScaleType::kF16: return repeated(std::uint16_t{0x2100});
    case ScaleType::kBF16: return repeated(std::uint16_t{0x3c40});
    case ScaleType::kE4M3: return repeated(std::uint8_t{0x10});
    case ScaleType::kE8M0: return repeated(std::uint8_t{120});
    case ScaleType::kNested: return repeated(std::uint8_t{1});
  }
  return {};
}

/// Indices of groups, every group as often as its size says.
inline std::vector<std::byte> scattered_groups(std::size_t n, std::size_t groups) {
  std::vector<std::byte> bytes(4 * n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto group = static_cast<std::int32_t>(i * 7919 % groups);
    std::memcpy(bytes.data() + 4 * i, &group, 4);
  }
  return bytes;
}

inline void set_scales(const FormRow& row, PackedForm& f) {
  PackedMatrix& m = f.matrix;
  const std::size_t down = row.row_run == SIZE_MAX ? m.rows : row.row_run;
  const std::size_t across = row.group == 0 ? m.cols : row.group;
  m.scales = {.type = row.scale, .row_run = down, .col_run = across, .per_row = m.cols / across};
  m.scales.count = m.rows / down * m.scales.per_row;
  m.scales.flat = row.layout == CodeLayout::kNibblesHigh || row.layout == CodeLayout::kParts;
  f.scales = equal_scales(row.scale, m.scales.count);
  m.scales.data = f.scales.data();
  if (row.scale == ScaleType::kE4M3) m.scales.global = 0.25f;
  if (row.scale != ScaleType::kNested) return;
  f.outer = equal_scales(ScaleType::kF32, m.scales.count / 256 + 1);
  m.scales.outer = f.outer.data(), m.scales.outer_run = 256, m.scales.outer_map = table_of_levels();
  m.scales.outer_offset = 0.01f;
}

inline void set_zeros(const FormRow& row, PackedForm& f) {
  PackedMatrix& m = f.matrix;
  std::size_t bytes = 0;
  m.zeros = {.layout = row.zeros, .add = row.add};
  switch (row.zeros) {
    case ZeroLayout::kNone: return;
    case ZeroLayout::kStream:
    case ZeroLayout::kAwq: m.zeros.row_bytes = m.cols * m.bits / 8, bytes = m.scales.count * m.bits / 8; break;
    case ZeroLayout::kRows: m.zeros.row_bytes = 4 * m.scales.per_row, bytes = m.scales.count * m.bits / 8; break;
    case ZeroLayout::kBytes: bytes = m.scales.count; break;
    case ZeroLayout::kFloats: bytes = 0; break;
  }
  m.zeros.wraps = row.zeros == ZeroLayout::kStream;
  f.zeros = row.zeros == ZeroLayout::kFloats ? equal_scales(m.zeros.type, m.scales.count) : random_codes(bytes, 5);
  m.zeros.data = f.zeros.data();
}

/// (outputs x inputs), both multiples of 128.
inline void make_packed(const FormRow& row, std::size_t outputs, std::size_t inputs, PackedForm& f) {
  PackedMatrix& m = f.matrix;
  m.by_inputs = row.layout == CodeLayout::kColumnStream || row.layout == CodeLayout::kAwq;
  m.rows = m.by_inputs ? inputs : outputs, m.cols = m.by_inputs ? outputs : inputs;
  m.bits = row.bits, m.layout = row.layout, m.level = row.level, m.table = table_of_levels();
  m.row_bytes = row.layout == CodeLayout::kColumnStream ? 4 * m.cols : m.cols * m.bits / 8;
  m.part_items = outputs * inputs * m.bits / 8;
  f.codes = random_codes(outputs * inputs * m.bits / 8, 3);
  m.codes = f.codes.data();
  set_scales(row, f);
  set_zeros(row, f);
  if (!row.indexed) return;
  m.groups = inputs / 128;
  f.groups = scattered_groups(inputs, m.groups);
  (m.by_inputs ? m.row_groups : m.col_groups) = f.groups.data();
}

inline WeightView view_of(const PackedForm& f) {
  const PackedMatrix& m = f.matrix;
  return {.data = m.codes,
          .dtype = DType::kU8,
          .rows = m.by_inputs ? m.cols : m.rows,
          .cols = m.by_inputs ? m.rows : m.cols,
          .row_bytes = m.row_bytes,
          .transposed = m.by_inputs,
          .packed = &m};
}

}  // namespace sg
