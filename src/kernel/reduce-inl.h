// Sum of squares, dot product and largest magnitude. The products of two floats are exact in double, so
// these sums have the same bits on every target, with FMA or without.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_REDUCE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_REDUCE_INL_H_
#undef SG_KERNEL_REDUCE_INL_H_
#else
#define SG_KERNEL_REDUCE_INL_H_
#endif

#include <bit>

#include "kernel/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

double sum_squares(const float* x, std::size_t n) {
  return reduce(x, n, [](DoubleVec v) HWY_ATTR { return hn::Mul(v, v); });
}

double dot(const float* x, const float* y, std::size_t n) {
  return reduce(x, y, n, [](DoubleVec a, DoubleVec b) HWY_ATTR { return hn::Mul(a, b); });
}

/// Without the sign bit, floats order as their bits do, and every NaN above infinity.
HWY_INLINE std::int32_t magnitude_bits(float x) { return std::bit_cast<std::int32_t>(x) & 0x7fffffff; }

/// The first of several equal magnitudes, the first NaN if there is one; {0, 0} for an empty row.
AbsMax abs_max(const float* x, std::size_t n) {
  const hn::ScalableTag<std::int32_t> d;
  constexpr std::size_t kInts = HWY_MAX_BYTES / sizeof(std::int32_t);
  const auto mask = hn::Set(d, 0x7fffffff), infinity = hn::Set(d, 0x7f800000);
  auto largest = hn::Zero(d);
  std::size_t i = 0;
  for (; i + kInts <= n; i += kInts) {
    const auto bits = hn::And(hn::BitCast(d, hn::LoadU(hn::ScalableTag<float>(), x + i)), mask);
    largest = hn::Max(largest, bits);
  }
  HWY_ALIGN std::int32_t lanes[kInts];
  hn::Store(hn::IfThenElse(hn::Gt(largest, infinity), mask, largest), d, lanes);
  std::int32_t best = 0;
  for (const std::int32_t lane : lanes) best = lane > best ? lane : best;
  for (std::size_t j = i; j < n; ++j) best = magnitude_bits(x[j]) > best ? magnitude_bits(x[j]) : best;
  constexpr std::int32_t kInfinity = 0x7f800000;
  for (std::size_t j = 0; j < n; ++j) {
    const std::int32_t bits = magnitude_bits(x[j]);
    if (bits == best || (best > kInfinity && bits > kInfinity)) return {x[j], j};
  }
  return {};
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
