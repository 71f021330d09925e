// Permutation tests (Fisher 1935; Pitman 1937): p as the share of arrangements of the data at least as extreme as the
// sample, without an assumption about its distribution. Exact where the arrangements can be counted out, else by seeded
// Monte Carlo with the sample counted as one draw, (b + 1) / (m + 1) (Phipson and Smyth 2010), so that p is never 0.
//
// Two-sided means |statistic| >= |statistic of the sample|: scipy.stats.permutation_test of the absolute value with
// alternative="greater". scipy's own "two-sided" is twice the smaller tail, which differs for skewed distributions.
// Values within the rounding error of the sums count as equal, which can only raise p.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "stats/estimate.h"

namespace sg {

struct PermutationOptions {
  std::size_t exact_up_to = 362880;  // arrangements counted out: 9!, a few milliseconds
  std::size_t draws = 9999;          // m of Monte Carlo: p to 0.0044 (two standard errors) where it is 0.05
  std::uint64_t seed = 20240002;     // any fixed number
};

struct PermutationTest {
  double p = 0;                  // 0 < p <= 1
  double observed = 0;           // the statistic of the sample
  std::size_t arrangements = 0;  // looked at: distinct ones when exact, else the draws
  bool exact = false;
};

/// Of Pearson's r, y arranged against x; exact for n! <= exact_up_to (9 pairs). With average_ranks of both: of
/// Spearman's rho. Absent where pearson is.
Estimate<PermutationTest> permutation_correlation(std::span<const double> x, std::span<const double> y,
                                                  const PermutationOptions& options = {});

}  // namespace sg
