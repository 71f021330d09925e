// The matrices of a comparison: the member `matrices` of streamgauge.comparison/1 (schemas/comparison-1.json).
#pragma once

#include <vector>

#include "measure/weight_difference.h"
#include "report/data/json_text.h"

namespace sg {

Json weight_differences_json(const std::vector<WeightDifference>& differences);

}  // namespace sg
