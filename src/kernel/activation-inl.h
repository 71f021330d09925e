// Activations and the other functions of one value, in place. Computed in double and rounded once, so
// within 0.51 ulp of the true value; NaN in, NaN out. At -inf silu and the GELUs are NaN, as PyTorch's are
// (-inf times 0). References: torch.nn.functional silu, gelu; transformers ACT2FN quick_gelu, relu2, xielu.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_ACTIVATION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_ACTIVATION_INL_H_
#undef SG_KERNEL_ACTIVATION_INL_H_
#else
#define SG_KERNEL_ACTIVATION_INL_H_
#endif

#include "kernel/kernels.h"
#include "kernel/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

/// 0.5 x (1 + tanh u) = x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3); no cancellation for negative x.
HWY_INLINE DoubleVec gelu_tanh(DoubleVec x) {
  const DoubleTag d;
  const auto cubic = hn::MulAdd(hn::Mul(hn::Mul(x, x), x), hn::Set(d, 0.044715), x);
  return times_sigmoid(x, hn::Mul(hn::Set(d, series::kTwiceSqrt2OverPi), cubic));
}

/// 0.5 x (1 + erf(x / sqrt 2)), from the complement of erf at |x| / sqrt 2.
HWY_INLINE DoubleVec gelu_erf(DoubleVec x) {
  const DoubleTag d;
  const auto tail = erf_complement(hn::Mul(hn::Abs(x), hn::Set(d, series::kInverseSqrt2)));
  const auto twice_phi = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(hn::Set(d, 2.0), tail));
  return hn::Mul(hn::Mul(hn::Set(d, 0.5), x), twice_phi);
}

HWY_INLINE DoubleVec xielu(const XieluParams& params, DoubleVec x) {
  const DoubleTag d;
  const auto eps = hn::Set(d, static_cast<double>(params.eps));
  const auto linear = hn::Mul(hn::Set(d, static_cast<double>(params.beta)), x);
  const auto positive = hn::MulAdd(hn::Mul(hn::Set(d, static_cast<double>(params.alpha_p)), x), x, linear);
  const auto capped = hn::IfThenElse(hn::Gt(x, eps), eps, x);
  const auto bend = hn::Sub(expm1(capped), x);
  const auto negative = hn::MulAdd(hn::Set(d, static_cast<double>(params.alpha_n)), bend, linear);
  return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), positive, negative);
}

HWY_INLINE DoubleVec relu(DoubleVec x) {
  const DoubleTag d;
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Zero(d), x);
}

void activate(Act act, const XieluParams& params, float* x, std::size_t n) {
  switch (act) {
    case Act::kSilu: return map_in_double(x, n, [](DoubleVec v) HWY_ATTR { return times_sigmoid(v, v); });
    case Act::kGeluTanh: return map_in_double(x, n, [](DoubleVec v) HWY_ATTR { return gelu_tanh(v); });
    case Act::kGeluErf: return map_in_double(x, n, [](DoubleVec v) HWY_ATTR { return gelu_erf(v); });
    case Act::kGeluQuick:
      return map_in_double(
          x, n, [](DoubleVec v) HWY_ATTR { return times_sigmoid(v, hn::Mul(hn::Set(DoubleTag(), 1.702), v)); });
    case Act::kRelu: return map_in_double(x, n, [](DoubleVec v) HWY_ATTR { return relu(v); });
    case Act::kRelu2: return map_in_double(x, n, [](DoubleVec v) HWY_ATTR { return hn::Mul(relu(v), relu(v)); });
    case Act::kXielu: return map_in_double(x, n, [&params](DoubleVec v) HWY_ATTR { return xielu(params, v); });
  }
}

void softcap(float cap, float* y, std::size_t n) {
  const auto wide = hn::Set(DoubleTag(), static_cast<double>(cap));
  map_in_double(y, n, [wide](DoubleVec v) HWY_ATTR { return hn::Mul(wide, tanh(hn::Div(v, wide))); });
}

void clamp(float limit, float* y, std::size_t n) {
  const double wide = static_cast<double>(limit);
  map_in_double(y, n, [wide](DoubleVec v) HWY_ATTR { return clamp_keeping_nan(v, -wide, wide); });
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
