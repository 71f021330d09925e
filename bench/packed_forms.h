// Matrices of the stored forms of quantised layers, with random codes and scales of ordinary size, for benchmarks.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/counter_rng.h"
#include "kernel/kernels.h"

namespace sg {

/// Owns what `matrix` refers to; stays where it is.
struct PackedForm {
  std::vector<std::byte> codes, scales, zeros;
  PackedMatrix matrix;
};

inline constexpr std::array<std::string_view, 6> kPackedForms = {"FP8-blocks", "MXFP4", "NF4",
                                                                 "W4A16",      "GPTQ4", "AWQ4"};

inline const float* sixteen_levels() {
  static const std::array<float, 16> levels = {0.0f,  0.5f,  1.0f,  1.5f,  2.0f,  3.0f,  4.0f,  6.0f,
                                               -0.0f, -0.5f, -1.0f, -1.5f, -2.0f, -3.0f, -4.0f, -6.0f};
  return levels.data();
}

inline std::vector<std::byte> random_codes(std::size_t n, std::uint64_t seed) {
  const CounterRng rng(seed);
  std::vector<std::byte> bytes(n);
  for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::byte>(rng.bits(i) & 0x7bu);  // no NaN of E4M3
  return bytes;
}

inline std::vector<std::byte> equal_scales(std::size_t n, float scale) {
  std::vector<std::byte> bytes(4 * n);
  for (std::size_t i = 0; i < n; ++i) std::memcpy(bytes.data() + 4 * i, &scale, 4);
  return bytes;
}

/// (outputs x inputs), both multiples of 128.
inline void make_packed(std::string_view form, std::size_t outputs, std::size_t inputs, PackedForm& f) {
  PackedMatrix& m = f.matrix;
  const std::size_t items = outputs * inputs;
  m.by_inputs = form == "GPTQ4" || form == "AWQ4";
  m.rows = m.by_inputs ? inputs : outputs, m.cols = m.by_inputs ? outputs : inputs;
  m.bits = form == "FP8-blocks" ? 8 : 4;
  f.codes = random_codes(items * m.bits / 8, 3);
  m.codes = f.codes.data();
  m.row_bytes = m.cols * m.bits / 8;
  m.level = Level::kTable, m.table = sixteen_levels(), m.layout = CodeLayout::kWords;
  m.scales = {.type = ScaleType::kF32, .col_run = 128, .per_row = m.cols / 128, .count = items / 128};
  if (form == "FP8-blocks") {
    m.layout = CodeLayout::kBytes, m.level = Level::kE4M3;
    m.scales.row_run = 128, m.scales.count /= 128;
  } else if (form == "MXFP4") {
    m.scales = {.type = ScaleType::kE8M0, .col_run = 32, .per_row = m.cols / 32, .count = items / 32};
  } else if (form == "NF4") {
    m.layout = CodeLayout::kNibblesHigh;
    m.scales = {.type = ScaleType::kF32, .col_run = 64, .count = items / 64, .flat = true};
  } else if (form == "W4A16") {
    m.level = Level::kUnsigned, m.zeros.add = 8;
  } else {
    m.level = Level::kUnsigned;
    m.layout = form == "AWQ4" ? CodeLayout::kAwq : CodeLayout::kColumnStream;
    if (form == "GPTQ4") m.row_bytes = 4 * m.cols;
    m.scales = {.type = ScaleType::kF16, .row_run = 128, .per_row = m.cols, .count = items / 128};
    f.zeros = random_codes(items / 256, 5);
    m.zeros = {.layout = form == "AWQ4" ? ZeroLayout::kAwq : ZeroLayout::kStream,
               .data = f.zeros.data(),
               .row_bytes = m.cols / 2};
  }
  f.scales = equal_scales(m.scales.count, 0.0117f);
  if (m.scales.type == ScaleType::kE8M0) f.scales.assign(m.scales.count, std::byte{120});
  if (m.scales.type == ScaleType::kF16) {
    for (std::size_t i = 0; i < m.scales.count; ++i)
      f.scales[2 * i] = std::byte{0}, f.scales[2 * i + 1] = std::byte{0x21};
  }
  m.scales.data = f.scales.data();
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
