// Least squares of a line, y = intercept + slope x, with the usual standard errors (errors in y alone, independent,
// of one variance); as scipy.stats.linregress.
#pragma once

#include <span>

#include "stats/estimate.h"

namespace sg {

struct Regression {
  double slope = 0, intercept = 0;                // units of y per unit of x; units of y
  double stderr_slope = 0, stderr_intercept = 0;  // n - 2 degrees of freedom
  double r = 0;                                   // Pearson's, -1 <= r <= 1
  double p = 0;                                   // two-sided, of a slope of 0; the same as of r
};

/// Absent where pearson is (fewer than 3 pairs, unequal lengths, NaN or infinities, all x or all y equal), and when
/// the line does not fit the range of a double.
Estimate<Regression> linear_regression(std::span<const double> x, std::span<const double> y);

}  // namespace sg
