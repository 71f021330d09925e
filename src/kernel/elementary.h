// Elementary functions of one double, the same bits on every platform: only IEEE additions, multiplications and
// divisions in a fixed order. For reported values and position tables; the bulk runs in the SIMD kernels.
#pragma once

namespace sg {

struct SinCos {
  double sin = 0, cos = 1;
};

/// |x| < 2^20 * pi/2 (rotary angles stay far below); absolute error below 2^-50. NaN for NaN and beyond that range.
/// Cody and Waite's reduction by pi/2 in three parts, then Taylor's series on [-pi/4, pi/4].
SinCos sin_cos(double x);

/// Relative error below 2^-50; 0 below -745, inf above 709.78, NaN for NaN.
double exp_fixed(double x);

/// Natural logarithm; relative error below 2^-50. -inf at 0, NaN below 0 and for NaN, inf at inf.
double log_fixed(double x);

}  // namespace sg
