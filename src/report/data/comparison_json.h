// streamgauge.comparison/1: a comparison of two models as a JSON document (schemas/comparison-1.json).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/csv.h"
#include "measure/compare.h"
#include "report/data/json_text.h"
#include "report/text/compare_text.h"

namespace sg {

inline constexpr std::string_view kComparisonSchema = "streamgauge.comparison/1";

Json comparison_json(const Comparison& comparison);

/// The comparison alone when it is one; of several streamgauge.comparisons/1, a list of them. `findings`: of each.
Json comparisons_json(const std::vector<Comparison>& pairs, const std::vector<ComparisonFindings>& findings);

/// One row per pair, prompt, token, site and layer.
CsvTable comparison_csv(const std::vector<Comparison>& pairs);
/// One row per pair, prompt and position of --logits.
CsvTable comparison_outputs_csv(const std::vector<Comparison>& pairs);

}  // namespace sg
