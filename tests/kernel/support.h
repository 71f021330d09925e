// What the tests of the kernels share: random numbers as a function of a seed, rows between NaN, bit equality.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "base/span2d.h"
#include "kernel/decode.h"
#include "kernel/kernels.h"

namespace sg::test {

/// A matrix in the middle of NaN: before it, after it and between its rows. `offset` floats from a 64-byte
/// boundary at the least, so that every alignment of a float can be had.
class Guarded {
 public:
  Guarded(std::size_t rows, std::size_t cols, std::size_t gap, std::size_t offset)
      : rows_(rows),
        cols_(cols),
        stride_(cols + gap),
        start_(kGuard + offset),
        data_(start_ + rows * stride_ + kGuard, std::numeric_limits<float>::quiet_NaN()) {}

  MatrixView view() { return {data_.data() + start_, rows_, cols_, stride_}; }
  float* data() { return view().data; }

  /// True when nothing outside the matrix was written.
  bool guards_intact() const {
    for (std::size_t i = 0; i < data_.size(); ++i) {
      const bool inside = i >= start_ && i < start_ + rows_ * stride_ && (i - start_) % stride_ < cols_;
      if (!inside && !std::isnan(data_[i])) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kGuard = 64;
  std::size_t rows_, cols_, stride_, start_;
  std::vector<float> data_;
};

inline void fill_normal(MatrixView m, std::uint64_t seed, float spread = 1.0f) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<float> normal(0.0f, spread);
  for (std::size_t r = 0; r < m.rows; ++r) {
    for (std::size_t c = 0; c < m.cols; ++c) m.row(r)[c] = normal(generator);
  }
}

inline std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }
inline std::uint64_t bits_of(double x) { return std::bit_cast<std::uint64_t>(x); }

inline bool equal_bits(ConstMatrixView a, ConstMatrixView b) {
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < a.cols; ++c) {
      if (bits_of(a.row(r)[c]) != bits_of(b.row(r)[c])) return false;
    }
  }
  return true;
}

/// |got - want| in units of the distance between want's neighbouring floats; infinite when only one is NaN.
inline double ulps(float got, double want) {
  if (std::isnan(got) && std::isnan(want)) return 0.0;
  const float nearest = static_cast<float>(want);
  if (std::isinf(got) || std::isinf(nearest)) return got == nearest ? 0.0 : std::numeric_limits<double>::infinity();
  const float magnitude = std::fabs(nearest);
  const double spacing = static_cast<double>(std::nextafter(magnitude, std::numeric_limits<float>::infinity())) -
                         static_cast<double>(magnitude);
  const double error = std::fabs(static_cast<double>(got) - want) / spacing;
  return error >= 0.0 ? error : std::numeric_limits<double>::infinity();
}

inline std::vector<const Kernels*> all_kernels() {
  std::vector<const Kernels*> all;
  for (const std::string_view isa : available_isas()) all.push_back(kernels_for(isa).value());
  return all;
}

inline std::vector<DType> weight_types() {
  std::vector<DType> types;
  for (int i = 0; i < static_cast<int>(DType::kCount); ++i) {
    if (traits(static_cast<DType>(i)).is_weight) types.push_back(static_cast<DType>(i));
  }
  return types;
}

/// Random stored bytes whose decoded numbers are all finite: a block that decodes to inf or NaN is drawn again.
inline std::vector<std::byte> random_blocks(DType dtype, std::size_t blocks, std::uint64_t seed) {
  const DTypeTraits& t = traits(dtype);
  std::mt19937_64 generator(seed);
  std::vector<std::byte> bytes(blocks * t.block_bytes);
  std::vector<float> decoded(t.block_items);
  for (std::size_t b = 0; b < blocks; ++b) {
    bool finite = false;
    while (!finite) {
      std::byte* block = bytes.data() + b * t.block_bytes;
      for (std::size_t i = 0; i < t.block_bytes; ++i) block[i] = static_cast<std::byte>(generator());
      decode_scalar(dtype, block, t.block_items, decoded.data());
      finite = true;
      for (const float value : decoded) finite = finite && std::isfinite(value);
    }
  }
  return bytes;
}

}  // namespace sg::test
