// One number of a sample: location, ends. Sums are compensated and taken in the order of the values, so the
// result is right to a few units in the last place whatever the offset, and the same on every machine.
#pragma once

#include <span>

#include "stats/estimate.h"

namespace sg {

// Each is absent for an empty sample and when a value is NaN or infinite. Units are those of the values.

Estimate<double> arithmetic_mean(std::span<const double> values);
Estimate<double> smallest(std::span<const double> values);
Estimate<double> largest(std::span<const double> values);

}  // namespace sg
