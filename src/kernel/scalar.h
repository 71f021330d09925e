// The kernels in plain C++, as the formulas read: what the SIMD versions are tested against and what a reader
// should read first. Sums in double. ordered_* repeat the exact order of operations that kernels.h promises,
// so a target with fused multiply-add must equal them bit for bit.
#pragma once

#include <cstddef>
#include <vector>

#include "kernel/kernels.h"

namespace sg::scalar {

/// Weights of w as float32, (outputs x inputs), scale applied.
std::vector<float> decoded(const WeightView& w);

/// y in double, and the sum of |x||w| + |bias| that its rounding errors are proportional to; (rows x outputs).
struct MatmulReference {
  std::vector<double> y, magnitude;
};
MatmulReference matmul(const MatmulCall& call);
/// The order of kernels.h with std::fma.
void ordered_matmul(const MatmulCall& call);

double activation(Act act, const XieluParams& p, double x);
double softcap(double cap, double x);
std::vector<double> softmax(const float* x, std::size_t n);
std::vector<double> norm_row(const NormCall& call, const float* x, std::size_t n);
void rotate(Pairing pairing, const float* cos, const float* sin, std::size_t pairs, float* x);
AbsMax abs_max(const float* x, std::size_t n);

/// Sum over i of x[i] y[i] in the lane structure of kernels.h; equal bits on every target.
double ordered_dot(const float* x, const float* y, std::size_t n);

/// The statistics of a whole row of logits, two passes.
struct LogitSums {
  double max, min, mean, variance;  // variance with n
  double log_z, entropy;
};
LogitSums logit_sums(const float* z, std::size_t n);

}  // namespace sg::scalar
