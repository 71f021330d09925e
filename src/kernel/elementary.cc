#include "kernel/elementary.h"

#include <cmath>
#include <limits>

namespace sg {
namespace {

// pi/2 = kHigh + kMiddle + kLow; kHigh and kMiddle have 33 significant bits, so that a multiple below 2^20 of
// them is exact in double.
constexpr double kHigh = 0x1.921fb544p+0;
constexpr double kMiddle = 0x1.0b4611a6p-34;
constexpr double kLow = 0x1.3198a2e037073p-69;
constexpr double kTwoOverPi = 0x1.45f306dc9c883p-1;

/// Taylor's series in r = x^2, highest power first; on |x| <= pi/4 the first term left out is below 2^-56.
double sin_series(double x, double r) {
  double s = -1.0 / 1307674368000.0;  // -1/15!
  s = s * r + 1.0 / 6227020800.0;     // 1/13!
  s = s * r - 1.0 / 39916800.0;       // 1/11!
  s = s * r + 1.0 / 362880.0;         // 1/9!
  s = s * r - 1.0 / 5040.0;           // 1/7!
  s = s * r + 1.0 / 120.0;            // 1/5!
  s = s * r - 1.0 / 6.0;              // 1/3!
  return x + x * (r * s);
}

double cos_series(double r) {
  double c = 1.0 / 20922789888000.0;  // 1/16!
  c = c * r - 1.0 / 87178291200.0;    // 1/14!
  c = c * r + 1.0 / 479001600.0;      // 1/12!
  c = c * r - 1.0 / 3628800.0;        // 1/10!
  c = c * r + 1.0 / 40320.0;          // 1/8!
  c = c * r - 1.0 / 720.0;            // 1/6!
  c = c * r + 1.0 / 24.0;             // 1/4!
  c = c * r - 0.5;
  return 1.0 + r * c;
}

// ln 2 in two parts; kLn2High has 32 significant bits, so that its multiples by an exponent are exact.
constexpr double kLn2High = 0x1.62e42feep-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
constexpr double kLog2E = 0x1.71547652b82fep+0;

}  // namespace

SinCos sin_cos(double x) {
  const double n = std::nearbyint(x * kTwoOverPi);
  const double y = ((x - n * kHigh) - n * kMiddle) - n * kLow;
  const double r = y * y;
  const double s = sin_series(y, r), c = cos_series(r);
  if (!(std::abs(n) < 0x1p20)) return {std::nan(""), std::nan("")};
  switch (static_cast<int>(n) & 3) {
    case 0: return {s, c};
    case 1: return {c, -s};
    case 2: return {-s, -c};
    default: return {-c, s};
  }
}

double exp_fixed(double x) {
  if (std::isnan(x)) return x;
  if (x > 709.782712893384) return std::numeric_limits<double>::infinity();
  if (x < -745.2) return 0.0;
  const double n = std::nearbyint(x * kLog2E);
  const double r = (x - n * kLn2High) - n * kLn2Low;  // |r| <= ln 2 / 2
  double term = 1.0, sum = 0.0;
  double coefficient[15];
  for (int k = 0; k < 15; ++k) {
    coefficient[k] = term;  // 1 / k!
    term /= k + 1;
  }
  for (int k = 14; k >= 0; --k) sum = sum * r + coefficient[k];
  return std::ldexp(sum, static_cast<int>(n));
}

double log_fixed(double x) {
  if (std::isnan(x) || x < 0) return std::nan("");
  if (x == 0) return -std::numeric_limits<double>::infinity();
  if (std::isinf(x)) return x;
  int exponent = 0;
  double m = std::frexp(x, &exponent);
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  // log m = 2 artanh(s), s = (m - 1) / (m + 1), |s| <= 0.1716: the first term left out is below 2^-58 of the sum.
  const double s = (m - 1) / (m + 1), r = s * s;
  double series = 0;
  for (int k = 23; k >= 3; k -= 2) series = (series + 1.0 / k) * r;
  const double log_m = 2 * s + 2 * s * series;
  return exponent * kLn2High + (log_m + exponent * kLn2Low);
}

}  // namespace sg
