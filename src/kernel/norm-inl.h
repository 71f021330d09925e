// RMSNorm (Zhang and Sennrich, arXiv:1910.07467) and LayerNorm (arXiv:1607.06450): sums, the root and the
// products in double, one rounding per output. No fused operations: the same bits on every target.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_NORM_INL_H_
#undef SG_KERNEL_NORM_INL_H_
#else
#define SG_KERNEL_NORM_INL_H_
#endif

#include <cmath>

#include "kernel/lanes-inl.h"
#include "kernel/reduce-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

/// y = (x - mean) * inverse * gain + bias over one row; absent gain and bias are not applied.
struct NormRow {
  double mean, inverse;
  const float* gain;
  const float* bias;

  HWY_INLINE DoubleVec operator()(const float* x, std::size_t gain_at) const {
    const DoubleTag d;
    auto v = hn::Mul(hn::Sub(load_double(x), hn::Set(d, mean)), hn::Set(d, inverse));
    if (gain != nullptr) v = hn::Mul(v, load_double(gain + gain_at));
    if (bias != nullptr) v = hn::Add(v, load_double(bias + gain_at));
    return v;
  }
};

HWY_INLINE void norm_row(const NormRow& row, const float* x, float* y, std::size_t n) {
  const HalfFloatTag df;
  std::size_t i = 0;
  for (; i + kDoubles <= n; i += kDoubles) hn::StoreU(to_float(row(x + i, i)), df, y + i);
  if (i == n) return;
  const std::size_t count = n - i;
  const auto rest_of = [i, count](const float* v) { return v != nullptr ? RestOfRow(v + i, count) : RestOfRow(v, 0); };
  const RestOfRow rest_x = rest_of(x), gain = rest_of(row.gain), bias = rest_of(row.bias);
  const NormRow rest = {row.mean, row.inverse, row.gain != nullptr ? gain.value : nullptr,
                        row.bias != nullptr ? bias.value : nullptr};
  float out[kDoubles];
  hn::StoreU(to_float(rest(rest_x.value, 0)), df, out);
  for (std::size_t j = 0; j < count; ++j) y[i + j] = out[j];
}

NormRow statistics(const NormCall& call, const float* x, std::size_t n) {
  const double count = static_cast<double>(n);
  switch (call.kind) {
    case NormKind::kRms: return {0.0, 1.0 / std::sqrt(sum_squares(x, n) / count + call.eps), call.gain, call.bias};
    case NormKind::kLayer: {
      const double mean = reduce(x, n, [](DoubleVec v) HWY_ATTR { return v; }) / count;
      const auto centre = hn::Set(DoubleTag(), mean);
      const double squares = reduce(x, n, [centre](DoubleVec v) HWY_ATTR {
        const auto distance = hn::Sub(v, centre);
        return hn::Mul(distance, distance);
      });
      return {mean, 1.0 / std::sqrt(squares / count + call.eps), call.gain, call.bias};
    }
  }
  return {};
}

void norm(const NormCall& call, ConstMatrixView x, MatrixView y) {
  for (std::size_t r = 0; r < x.rows; ++r) norm_row(statistics(call, x.row(r), x.cols), x.row(r), y.row(r), x.cols);
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
