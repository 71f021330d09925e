// Holm's correction of a family of tests (Holm 1979, "A simple sequentially rejective multiple test procedure"): the
// chance of any false rejection stays below the level, whatever the dependence; as R's p.adjust(method = "holm").
#pragma once

#include <span>
#include <vector>

#include "stats/estimate.h"

namespace sg {

/// Adjusted p values in the order given: the i-th smallest of m (i from 0) becomes the largest (m - j) p_j over j <= i,
/// at most 1. Absent for an empty family and when a p is not within [0, 1]; tests without a p are left out beforehand.
Estimate<std::vector<double>> holm(std::span<const double> p);

}  // namespace sg
