// The one lane structure of every reduction in double: element i goes to lane i mod 8, the lanes are summed
// as ((0+4)+(2+6)) + ((1+5)+(3+7)). A target with shorter vectors holds the eight lanes in several of them.
// Lanes that the last, incomplete group of eight does not reach get 0 from it.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_LANES_INL_H_
#undef SG_KERNEL_LANES_INL_H_
#else
#define SG_KERNEL_LANES_INL_H_
#endif

#include "kernel/kernels.h"
#include "kernel/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

static_assert(kReduceLanes % kDoubles == 0, "a vector of doubles may not be longer than the lane structure");
inline constexpr std::size_t kParts = kReduceLanes / kDoubles;

/// Eight running sums.
struct Lanes {
  DoubleVec part[kParts];
};

HWY_INLINE Lanes zero_lanes() {
  Lanes lanes;
  for (DoubleVec& part : lanes.part) part = hn::Zero(DoubleTag());
  return lanes;
}

HWY_INLINE double sum_lanes(const Lanes& lanes) {
  HWY_ALIGN double v[kReduceLanes];
  for (std::size_t p = 0; p < kParts; ++p) hn::Store(lanes.part[p], DoubleTag(), v + p * kDoubles);
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

/// The last elements of a row, filled up to eight with zeros.
struct RestOfRow {
  float value[kReduceLanes] = {};
  RestOfRow(const float* x, std::size_t count) {
    for (std::size_t j = 0; j < count; ++j) value[j] = x[j];
  }
};

/// Keeps the lanes of part p that belong to the first `count` elements of a group of eight, zeroes the others.
HWY_INLINE DoubleVec keep_first(DoubleVec v, std::size_t count, std::size_t p) {
  const std::size_t before = p * kDoubles;
  return hn::IfThenElseZero(hn::FirstN(DoubleTag(), count > before ? count - before : 0), v);
}

/// Sum over f(x[i]) in the lane structure.
template <class F>
HWY_INLINE double reduce(const float* x, std::size_t n, const F& f) {
  Lanes lanes = zero_lanes();
  std::size_t i = 0;
  for (; i + kReduceLanes <= n; i += kReduceLanes) {
    for (std::size_t p = 0; p < kParts; ++p) {
      lanes.part[p] = hn::Add(lanes.part[p], f(load_double(x + i + p * kDoubles)));
    }
  }
  if (i < n) {
    const RestOfRow rest(x + i, n - i);
    for (std::size_t p = 0; p < kParts; ++p) {
      const auto value = keep_first(f(load_double(rest.value + p * kDoubles)), n - i, p);
      lanes.part[p] = hn::Add(lanes.part[p], value);
    }
  }
  return sum_lanes(lanes);
}

/// Sum over f(x[i], y[i]) in the lane structure.
template <class F>
HWY_INLINE double reduce(const float* x, const float* y, std::size_t n, const F& f) {
  Lanes lanes = zero_lanes();
  std::size_t i = 0;
  for (; i + kReduceLanes <= n; i += kReduceLanes) {
    for (std::size_t p = 0; p < kParts; ++p) {
      const std::size_t at = i + p * kDoubles;
      lanes.part[p] = hn::Add(lanes.part[p], f(load_double(x + at), load_double(y + at)));
    }
  }
  if (i < n) {
    const RestOfRow rest_x(x + i, n - i), rest_y(y + i, n - i);
    for (std::size_t p = 0; p < kParts; ++p) {
      const std::size_t at = p * kDoubles;
      const auto value = f(load_double(rest_x.value + at), load_double(rest_y.value + at));
      lanes.part[p] = hn::Add(lanes.part[p], keep_first(value, n - i, p));
    }
  }
  return sum_lanes(lanes);
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
