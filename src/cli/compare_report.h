// A comparison for people and as JSON.
#pragma once

#include <string>
#include <string_view>

#include "measure/compare.h"
#include "report/data/json_text.h"

namespace sg {

inline constexpr std::string_view kComparisonSchema = "streamgauge.comparison/1";

/// A table of the sites, each over all tokens of all prompts, and one of the outputs.
std::string comparison_text(const Comparison& comparison);

/// streamgauge.comparison/1 (schemas/comparison-1.json).
Json comparison_json(const Comparison& comparison);

}  // namespace sg
