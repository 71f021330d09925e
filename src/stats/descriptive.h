// One number of a sample: location, spread, ends. Sums are compensated and taken in the order of the values, so the
// result is right to a few units in the last place whatever the offset, and the same on every machine.
#pragma once

#include <span>

#include "stats/estimate.h"

namespace sg {

// Each is absent for an empty sample and when a value is NaN or infinite. Units are those of the values.

Estimate<double> arithmetic_mean(std::span<const double> values);
/// exp(mean(log)). Also absent when a value is 0 or negative.
Estimate<double> geometric_mean(std::span<const double> values);
/// The middle of the sorted values, for an even count the mean of the two.
Estimate<double> median(std::span<const double> values);
/// Root of the mean squared deviation (divisor n, as numpy.std); 0 when all are equal.
Estimate<double> population_std(std::span<const double> values);
/// With divisor n - 1. Also absent for one value.
Estimate<double> sample_std(std::span<const double> values);
Estimate<double> smallest(std::span<const double> values);
Estimate<double> largest(std::span<const double> values);

}  // namespace sg
