// The bootstrap interval of a pooled gain over prompts.
#pragma once

#include <vector>

#include "measure/gain.h"
#include "stats/bootstrap.h"

namespace sg {

/// 95 %, BCa, prompts drawn with their gains. Absent for fewer than three prompts that have a gain.
Estimate<Interval> gain_interval(Pooling pooling, const std::vector<Gain>& gains);

}  // namespace sg
