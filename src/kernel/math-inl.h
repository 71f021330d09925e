// exp, expm1, tanh, sigmoid and the tail of erf on vectors of double, by fixed polynomials: the same
// operations in the same order on every target. Errors, over all float32 arguments (tests/kernel/elementwise_test.cc):
// exp and expm1 below 1e-15 relative, the tail below 1e-11, so that a result rounded to float32 is within
// 0.51 ulp of the true value.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_MATH_INL_H_
#undef SG_KERNEL_MATH_INL_H_
#else
#define SG_KERNEL_MATH_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "kernel/series.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using DoubleTag = hn::ScalableTag<double>;
using HalfFloatTag = hn::Rebind<float, DoubleTag>;  // as many floats as a vector has doubles
using DoubleVec = hn::Vec<DoubleTag>;
using HalfFloatVec = hn::Vec<HalfFloatTag>;
inline constexpr std::size_t kDoubles = HWY_MAX_BYTES / sizeof(double);

HWY_INLINE DoubleVec load_double(const float* x) { return hn::PromoteTo(DoubleTag(), hn::LoadU(HalfFloatTag(), x)); }

/// Rounds to nearest; beyond the range of float to infinity. The emulated target's own conversion saturates.
HWY_INLINE HalfFloatVec to_float(DoubleVec v) {
#if HWY_TARGET == HWY_EMU128
  HWY_ALIGN double wide[kDoubles];
  HWY_ALIGN float narrow[kDoubles];
  hn::Store(v, DoubleTag(), wide);
  for (std::size_t i = 0; i < kDoubles; ++i) narrow[i] = static_cast<float>(wide[i]);
  return hn::Load(HalfFloatTag(), narrow);
#else
  return hn::DemoteTo(HalfFloatTag(), v);
#endif
}

/// 2^n for integers n in [-1022, 1023] given as n + kRounder.
HWY_INLINE DoubleVec power_of_two(DoubleVec n_plus_rounder) {
  const DoubleTag d;
  const hn::RebindToUnsigned<DoubleTag> du;
  const auto biased = hn::Add(hn::BitCast(du, n_plus_rounder), hn::Set(du, std::uint64_t{1023}));
  return hn::BitCast(d, hn::ShiftLeft<52>(biased));
}

/// x = n ln 2 + r with |r| <= 0.35, and p = e^r - 1.
struct ExpParts {
  DoubleVec n, p;
};

/// |x| < 800, or NaN.
HWY_INLINE ExpParts exp_parts(DoubleVec x) {
  const DoubleTag d;
  const auto rounder = hn::Set(d, series::kRounder);
  const auto n = hn::Sub(hn::MulAdd(x, hn::Set(d, series::kLog2E), rounder), rounder);
  auto r = hn::NegMulAdd(n, hn::Set(d, series::kLn2High), x);
  r = hn::NegMulAdd(n, hn::Set(d, series::kLn2Low), r);
  auto q = hn::Set(d, series::kExpFirst);
  for (const double c : series::kExp) q = hn::MulAdd(q, r, hn::Set(d, c));
  return {n, hn::MulAdd(hn::Mul(r, r), q, r)};
}

HWY_INLINE DoubleVec clamp_keeping_nan(DoubleVec x, double low, double high) {
  const DoubleTag d;
  const auto lo = hn::Set(d, low), hi = hn::Set(d, high);
  x = hn::IfThenElse(hn::Gt(x, hi), hi, x);
  return hn::IfThenElse(hn::Lt(x, lo), lo, x);
}

/// Every x: 0 at -inf, inf at inf, NaN at NaN.
HWY_INLINE DoubleVec exp(DoubleVec x) {
  const DoubleTag d;
  const auto rounder = hn::Set(d, series::kRounder);
  const ExpParts e = exp_parts(clamp_keeping_nan(x, -750.0, 712.0));
  // 2^n in two factors, each a normal number.
  const auto half_rounded = hn::MulAdd(e.n, hn::Set(d, 0.5), rounder);
  const auto rest = hn::Sub(e.n, hn::Sub(half_rounded, rounder));
  const auto result = hn::Mul(hn::Add(e.p, hn::Set(d, 1.0)), power_of_two(half_rounded));
  return hn::Mul(result, power_of_two(hn::Add(rest, rounder)));
}

/// e^x - 1 without cancellation near 0, x <= 700; -1 below -50.
HWY_INLINE DoubleVec expm1(DoubleVec x) {
  const DoubleTag d;
  const ExpParts e = exp_parts(clamp_keeping_nan(x, -50.0, 700.0));
  const auto scale = power_of_two(hn::Add(e.n, hn::Set(d, series::kRounder)));
  return hn::MulAdd(scale, e.p, hn::Sub(scale, hn::Set(d, 1.0)));
}

/// x / (1 + e^-s): x times the logistic function of s.
HWY_INLINE DoubleVec times_sigmoid(DoubleVec x, DoubleVec s) {
  return hn::Div(x, hn::Add(hn::Set(DoubleTag(), 1.0), exp(hn::Neg(s))));
}

/// From expm1(-2|x|), which has no cancellation.
HWY_INLINE DoubleVec tanh(DoubleVec x) {
  const DoubleTag d;
  const auto e = expm1(hn::Mul(hn::Abs(x), hn::Set(d, -2.0)));
  return hn::CopySign(hn::Div(e, hn::Add(e, hn::Set(d, 2.0))), x);
}

/// 1 - erf(t) for t >= 0, with small relative error in the tail (kernel/series.h).
HWY_INLINE DoubleVec erf_complement(DoubleVec t) {
  const DoubleTag d;
  t = clamp_keeping_nan(t, 0.0, 1e6);  // infinity would make s NaN; e^(-1e12) is 0
  const auto three = hn::Set(d, 3.0);
  const auto s = hn::Div(hn::Sub(t, three), hn::Add(t, three));
  auto p = hn::MulAdd(hn::Set(d, series::kErfFirst), s, hn::Set(d, series::kErfSecond));
  for (const double c : series::kErf) p = hn::MulAdd(p, s, hn::Set(d, c));
  const auto tail = exp(hn::Neg(hn::Mul(t, t)));
  return hn::Div(hn::Mul(tail, p), hn::MulAdd(hn::Set(d, 2.0), t, hn::Set(d, 1.0)));
}

/// x[i] = f(x[i]) through double, rounded once.
template <class F>
HWY_INLINE void map_in_double(float* x, std::size_t n, const F& f) {
  const HalfFloatTag df;
  std::size_t i = 0;
  for (; i + kDoubles <= n; i += kDoubles) hn::StoreU(to_float(f(load_double(x + i))), df, x + i);
  if (i == n) return;
  float rest[kDoubles] = {};
  for (std::size_t j = i; j < n; ++j) rest[j - i] = x[j];
  hn::StoreU(to_float(f(load_double(rest))), df, rest);
  for (std::size_t j = i; j < n; ++j) x[j] = rest[j - i];
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
