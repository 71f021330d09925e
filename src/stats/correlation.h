// Correlation of pairs. Pearson's r with the exact p of normal samples (Student's t with n - 2 degrees of freedom), as
// scipy.stats.pearsonr; Spearman's rho (Spearman 1904) as scipy.stats.spearmanr.
#pragma once

#include <span>
#include <vector>

#include "stats/estimate.h"

namespace sg {

struct Correlation {
  double r = 0;            // -1 <= r <= 1
  double unexplained = 0;  // 1 - r^2, from the residuals, so that it keeps its digits when r is near 1 or -1
  double p = 0;            // two-sided, 0 <= p <= 1; 0 when the points lie on a line exactly
  std::size_t n = 0;       // pairs
};

/// Absent for fewer than 3 pairs, unequal lengths, NaN or infinities, and when all x or all y are equal.
Estimate<Correlation> pearson(std::span<const double> x, std::span<const double> y);

/// Pearson's r of the ranks; p by the same t distribution, an approximation here (for few pairs prefer a permutation
/// test of the ranks, permutation.h). Absent where pearson is.
Estimate<Correlation> spearman(std::span<const double> x, std::span<const double> y);

/// Ranks 1..n in the order of the values, equal values sharing the mean of their ranks. No NaN.
std::vector<double> average_ranks(std::span<const double> values);

}  // namespace sg
