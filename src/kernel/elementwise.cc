// Activations, sums and products by element, and the rotation, compiled once per target.
#include "kernel/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/elementwise.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "hwy/highway.h"
#include "kernel/activation-inl.h"
#include "kernel/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

using FloatTag = hn::ScalableTag<float>;
using FloatVec = hn::Vec<FloatTag>;
inline constexpr std::size_t kFloats = HWY_MAX_BYTES / sizeof(float);

/// y[i] = f(x[i], y[i]); one float operation per element, so the tail needs no vectors to give equal bits.
template <class F>
HWY_INLINE void zip(const float* x, float* y, std::size_t n, const F& f) {
  const FloatTag d;
  std::size_t i = 0;
  for (; i + kFloats <= n; i += kFloats) hn::StoreU(f(hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, y + i);
  if (i == n) return;
  float rest_x[kFloats] = {}, rest_y[kFloats] = {};
  for (std::size_t j = i; j < n; ++j) rest_x[j - i] = x[j], rest_y[j - i] = y[j];
  hn::StoreU(f(hn::LoadU(d, rest_x), hn::LoadU(d, rest_y)), d, rest_y);
  for (std::size_t j = i; j < n; ++j) y[j] = rest_y[j - i];
}

void add(const float* x, float* y, std::size_t n) {
  zip(x, y, n, [](FloatVec a, FloatVec b) HWY_ATTR { return hn::Add(b, a); });
}

void multiply(const float* x, float* y, std::size_t n) {
  zip(x, y, n, [](FloatVec a, FloatVec b) HWY_ATTR { return hn::Mul(b, a); });
}

void scale(float factor, float* y, std::size_t n) {
  const auto f = hn::Set(FloatTag(), factor);
  zip(y, y, n, [f](FloatVec, FloatVec b) HWY_ATTR { return hn::Mul(b, f); });
}

/// a' = a cos - b sin, b' = b cos + a sin. The products of two floats are exact in double, so each result
/// carries one rounding of the sum and one to float.
struct Rotated {
  HalfFloatVec a, b;
};
HWY_INLINE Rotated rotate_pair(HalfFloatVec a, HalfFloatVec b, const float* cos, const float* sin) {
  const DoubleTag d;
  const auto c = load_double(cos), s = load_double(sin);
  const auto wide_a = hn::PromoteTo(d, a), wide_b = hn::PromoteTo(d, b);
  return {to_float(hn::Sub(hn::Mul(wide_a, c), hn::Mul(wide_b, s))),
          to_float(hn::Add(hn::Mul(wide_b, c), hn::Mul(wide_a, s)))};
}

/// The same for pairs that do not fill a vector; equal bits.
HWY_INLINE void rotate_one(float cos, float sin, float& a, float& b) {
  const double c = static_cast<double>(cos), s = static_cast<double>(sin);
  const double wide_a = static_cast<double>(a), wide_b = static_cast<double>(b);
  a = static_cast<float>(wide_a * c - wide_b * s);
  b = static_cast<float>(wide_b * c + wide_a * s);
}

void rotate_halves(const float* cos, const float* sin, std::size_t pairs, float* x) {
  const HalfFloatTag df;
  float* y = x + pairs;
  std::size_t j = 0;
  for (; j + kDoubles <= pairs; j += kDoubles) {
    const Rotated r = rotate_pair(hn::LoadU(df, x + j), hn::LoadU(df, y + j), cos + j, sin + j);
    hn::StoreU(r.a, df, x + j);
    hn::StoreU(r.b, df, y + j);
  }
  for (; j < pairs; ++j) rotate_one(cos[j], sin[j], x[j], y[j]);
}

void rotate_adjacent(const float* cos, const float* sin, std::size_t pairs, float* x) {
  const HalfFloatTag df;
  std::size_t j = 0;
  for (; j + kDoubles <= pairs; j += kDoubles) {
    HalfFloatVec a, b;
    hn::LoadInterleaved2(df, x + 2 * j, a, b);
    const Rotated r = rotate_pair(a, b, cos + j, sin + j);
    hn::StoreInterleaved2(r.a, r.b, df, x + 2 * j);
  }
  for (; j < pairs; ++j) rotate_one(cos[j], sin[j], x[2 * j], x[2 * j + 1]);
}

void rotate(Pairing pairing, const float* cos, const float* sin, std::size_t pairs, float* x) {
  switch (pairing) {
    case Pairing::kHalves: return rotate_halves(cos, sin, pairs, x);
    case Pairing::kAdjacent: return rotate_adjacent(cos, sin, pairs, x);
  }
}

void fill_elementwise(Kernels& table) {
  table.activate = &activate;
  table.add = &add;
  table.scale = &scale;
  table.multiply = &multiply;
  table.softcap = &softcap;
  table.clamp = &clamp;
  table.rotate = &rotate;
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sg {

bool fill_elementwise_kernels(std::int64_t target, Kernels& table) {
  SG_FILL_FROM_TARGET(target, fill_elementwise, table);
}

}  // namespace sg
#endif
