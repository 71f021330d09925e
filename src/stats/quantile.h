// Quantiles of a sample, by linear interpolation between order statistics (Hyndman and Fan 1996, type 7; what
// numpy.quantile does when not told otherwise).
#pragma once

#include <span>

namespace sg {

/// ascending: at least one value, all finite. 0 <= p <= 1.
double quantile_sorted(std::span<const double> ascending, double p);

}  // namespace sg
