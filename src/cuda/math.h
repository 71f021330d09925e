// The functions of kernel/math-inl.h and kernel/activation-inl.h, one value at a time: the same operations in double in
// the same order, so the same bits (docs/numerics.md).
#pragma once

#include <bit>

#include "cuda/block.h"
#include "kernel/kernels.h"
#include "kernel/series.h"

namespace sg::cuda {

/// 2^n for integers n in [-1022, 1023] given as n + kRounder.
SG_DEVICE double power_of_two(double n_plus_rounder) {
  return std::bit_cast<double>((std::bit_cast<std::uint64_t>(n_plus_rounder) + 1023u) << 52);
}

/// x = n ln 2 + r, and p = e^r - 1.
struct ExpParts {
  double n, p;
};
SG_DEVICE ExpParts exp_parts(double x) {
  const double n = fused(x, series::kLog2E, series::kRounder) - series::kRounder;
  double r = fused(-n, series::kLn2High, x);
  r = fused(-n, series::kLn2Low, r);
  double q = series::kExpFirst;
  SG_UNROLLED for (const double c : series::kExp) q = fused(q, r, c);
  return {n, fused(r * r, q, r)};
}

SG_DEVICE double clamp_keeping_nan(double x, double low, double high) {
  const double capped = x > high ? high : x;
  return capped < low ? low : capped;
}

SG_DEVICE double exp(double x) {
  const ExpParts e = exp_parts(clamp_keeping_nan(x, -750.0, 712.0));
  const double half_rounded = fused(e.n, 0.5, series::kRounder);
  const double rest = e.n - (half_rounded - series::kRounder);
  return (e.p + 1.0) * power_of_two(half_rounded) * power_of_two(rest + series::kRounder);
}

SG_DEVICE double expm1(double x) {
  const ExpParts e = exp_parts(clamp_keeping_nan(x, -50.0, 700.0));
  const double scale = power_of_two(e.n + series::kRounder);
  return fused(scale, e.p, scale - 1.0);
}

SG_DEVICE double times_sigmoid(double x, double s) { return x / (1.0 + exp(-s)); }

SG_DEVICE double tanh(double x) {
  const double e = expm1(std::fabs(x) * -2.0);
  return std::copysign(e / (e + 2.0), x);
}

SG_DEVICE double erf_complement(double t) {
  t = clamp_keeping_nan(t, 0.0, 1e6);
  const double s = (t - 3.0) / (t + 3.0);
  double p = fused(series::kErfFirst, s, series::kErfSecond);
  SG_UNROLLED for (const double c : series::kErf) p = fused(p, s, c);
  return exp(-(t * t)) * p / fused(2.0, t, 1.0);
}

SG_DEVICE double gelu_tanh(double x) {
  const double cubic = fused(x * x * x, 0.044715, x);
  return times_sigmoid(x, series::kTwiceSqrt2OverPi * cubic);
}

SG_DEVICE double gelu_erf(double x) {
  const double tail = erf_complement(std::fabs(x) * series::kInverseSqrt2);
  return 0.5 * x * (x < 0.0 ? tail : 2.0 - tail);
}

SG_DEVICE double xielu(const XieluParams& params, double x) {
  const double eps = static_cast<double>(params.eps), linear = static_cast<double>(params.beta) * x;
  const double positive = fused(static_cast<double>(params.alpha_p) * x, x, linear);
  const double bend = expm1(x > eps ? eps : x) - x;
  const double negative = fused(static_cast<double>(params.alpha_n), bend, linear);
  return x > 0.0 ? positive : negative;
}

SG_DEVICE double relu(double x) { return x < 0.0 ? 0.0 : x; }

SG_DEVICE double activated(Act act, const XieluParams& params, double x) {
  switch (act) {
    case Act::kSilu: return times_sigmoid(x, x);
    case Act::kGeluTanh: return gelu_tanh(x);
    case Act::kGeluErf: return gelu_erf(x);
    case Act::kGeluQuick: return times_sigmoid(x, 1.702 * x);
    case Act::kRelu: return relu(x);
    case Act::kRelu2: return relu(x) * relu(x);
    case Act::kXielu: return xielu(params, x);
  }
  return x;
}

SG_DEVICE float activated(Act act, const XieluParams& params, float x) {
  return static_cast<float>(activated(act, params, static_cast<double>(x)));
}

SG_DEVICE float softcapped(float cap, float x) {
  const double wide = static_cast<double>(cap);
  return static_cast<float>(wide * tanh(static_cast<double>(x) / wide));
}

SG_DEVICE float clamped(float limit, float x) {
  const double wide = static_cast<double>(limit);
  return static_cast<float>(clamp_keeping_nan(static_cast<double>(x), -wide, wide));
}

}  // namespace sg::cuda
