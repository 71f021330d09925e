// streamgauge.comparison/1: a comparison of two models as a JSON document (schemas/comparison-1.json).
#pragma once

#include <string_view>

#include "measure/compare.h"
#include "report/data/json_text.h"

namespace sg {

inline constexpr std::string_view kComparisonSchema = "streamgauge.comparison/1";

Json comparison_json(const Comparison& comparison);

}  // namespace sg
