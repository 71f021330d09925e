// The continuous power law of a spectrum, as WeightWatcher fits it (Martin, Peng and Mahoney 2021; the estimator is
// that of Clauset, Shalizi and Newman 2009).
#pragma once

#include <optional>
#include <span>

#include "spectra/weight_row.h"

namespace sg {

/// Over eigenvalues in any order. Those at or below 1e-5 are left out, as WeightWatcher does. For every candidate x_min
/// the exponent of largest likelihood, alpha = 1 + n / sum log(x / x_min); the x_min whose tail has the smallest
/// Kolmogorov-Smirnov distance wins. Undefined with fewer than 20 eigenvalues (WeightWatcher then fits otherwise) or
/// when all are equal.
std::optional<PowerLaw> fit_power_law(std::span<const double> eigenvalues);

}  // namespace sg
