// Softmax of a row of scores, and the folding of logits into LogitFold: exponentials and sums in double.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_LOGITS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_LOGITS_INL_H_
#undef SG_KERNEL_LOGITS_INL_H_
#else
#define SG_KERNEL_LOGITS_INL_H_
#endif

#include <limits>

#include "kernel/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

/// Of numbers without NaN.
struct Extremes {
  float low = std::numeric_limits<float>::infinity(), high = -std::numeric_limits<float>::infinity();
};

HWY_INLINE Extremes extremes(const float* x, std::size_t n) {
  const hn::ScalableTag<float> d;
  constexpr std::size_t kFloats = HWY_MAX_BYTES / sizeof(float);
  Extremes e;
  auto low = hn::Set(d, e.low), high = hn::Set(d, e.high);
  std::size_t i = 0;
  for (; i + kFloats <= n; i += kFloats) {
    const auto v = hn::LoadU(d, x + i);
    low = hn::Min(low, v);
    high = hn::Max(high, v);
  }
  HWY_ALIGN float lows[kFloats], highs[kFloats];
  hn::Store(low, d, lows);
  hn::Store(high, d, highs);
  const auto take = [&e](float a, float b) {
    e.low = a < e.low ? a : e.low;
    e.high = b > e.high ? b : e.high;
  };
  for (std::size_t j = 0; j < kFloats; ++j) take(lows[j], highs[j]);
  for (; i < n; ++i) take(x[i], x[i]);
  return e;
}

/// p_i = e^(x_i - max) / sum. The sum takes the exponentials unrounded; each is kept as float32 in between, so p
/// carries two roundings of 2^-24 relative: at most 1.5 ulp.
void softmax(float* x, std::size_t n) {
  const HalfFloatTag df;
  const auto max = hn::Set(DoubleTag(), static_cast<double>(extremes(x, n).high));
  Lanes sum = zero_lanes();
  const auto step = [&](float* group, std::size_t count) HWY_ATTR {
    for (std::size_t p = 0; p < kParts; ++p) {
      const auto weight = keep_first(exp(hn::Sub(load_double(group + p * kDoubles), max)), count, p);
      sum.part[p] = hn::Add(sum.part[p], weight);
      hn::StoreU(to_float(weight), df, group + p * kDoubles);
    }
  };
  std::size_t i = 0;
  for (; i + kReduceLanes <= n; i += kReduceLanes) step(x + i, kReduceLanes);
  if (i < n) {
    RestOfRow rest(x + i, n - i);
    step(rest.value, n - i);
    for (std::size_t j = i; j < n; ++j) x[j] = rest.value[j - i];
  }
  const auto inverse = hn::Set(DoubleTag(), 1.0 / sum_lanes(sum));
  map_in_double(x, n, [inverse](DoubleVec v) HWY_ATTR { return hn::Mul(v, inverse); });
}

/// inf and NaN have all exponent bits set.
HWY_INLINE std::uint64_t count_non_finite(const float* z, std::size_t n) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < n; ++i) {
    std::uint32_t bits;
    hwy::CopyBytes<sizeof(bits)>(z + i, &bits);
    count += (bits & 0x7f800000u) == 0x7f800000u ? 1u : 0u;
  }
  return count;
}

/// Sums of one slice relative to one maximum.
struct ExpSums {
  double weight, shifted;  // of w = e^(z - max), of w (z - max)
};

HWY_INLINE ExpSums exp_sums(const float* z, std::size_t n, double max) {
  const auto top = hn::Set(DoubleTag(), max);
  Lanes weight = zero_lanes(), shifted = zero_lanes();
  const auto step = [&](const float* group, std::size_t count) HWY_ATTR {
    for (std::size_t p = 0; p < kParts; ++p) {
      const auto distance = hn::Sub(load_double(group + p * kDoubles), top);
      const auto w = exp(distance);
      weight.part[p] = hn::Add(weight.part[p], keep_first(w, count, p));
      shifted.part[p] = hn::Add(shifted.part[p], keep_first(hn::Mul(w, distance), count, p));
    }
  };
  std::size_t i = 0;
  for (; i + kReduceLanes <= n; i += kReduceLanes) step(z + i, kReduceLanes);
  if (i < n) step(RestOfRow(z + i, n - i).value, n - i);
  return {sum_lanes(weight), sum_lanes(shifted)};
}

/// Moves the sums of what was folded so far to a maximum that is `distance` >= 0 higher.
HWY_INLINE void lower(LogitFold& fold, double distance) {
  const double factor = hn::GetLane(exp(hn::Set(DoubleTag(), -distance)));
  fold.sum_exp_shift = (fold.sum_exp_shift - fold.sum_exp * distance) * factor;
  fold.sum_exp *= factor;
}

void fold_logits(const float* z, std::size_t n, LogitFold& fold) {
  if (n == 0) return;
  fold.non_finite += count_non_finite(z, n);
  const Extremes e = extremes(z, n);
  const double high = static_cast<double>(e.high), low = static_cast<double>(e.low);
  if (fold.count == 0) {
    fold.origin = static_cast<double>(z[0]);
    fold.max = high;
    fold.min = low;
  } else if (high > fold.max) {
    lower(fold, high - fold.max);
    fold.max = high;
  }
  fold.min = low < fold.min ? low : fold.min;
  fold.count += n;

  const auto origin = hn::Set(DoubleTag(), fold.origin);
  fold.sum += reduce(z, n, [](DoubleVec v) HWY_ATTR { return v; });
  fold.sum_shift += reduce(z, n, [origin](DoubleVec v) HWY_ATTR { return hn::Sub(v, origin); });
  fold.sum_squares += reduce(z, n, [origin](DoubleVec v) HWY_ATTR {
    const auto distance = hn::Sub(v, origin);
    return hn::Mul(distance, distance);
  });
  const ExpSums sums = exp_sums(z, n, fold.max);
  fold.sum_exp += sums.weight;
  fold.sum_exp_shift += sums.shifted;
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
