// Quantiles of a sample, by linear interpolation between order statistics (Hyndman and Fan 1996, type 7; what
// numpy.quantile does when not told otherwise).
#pragma once

#include <span>

namespace sg {

/// values: at least one, all finite, in any order. 0 <= p <= 1.
double quantile(std::span<const double> values, double p);
/// The same for values already in ascending order; no copy.
double quantile_sorted(std::span<const double> ascending, double p);

}  // namespace sg
