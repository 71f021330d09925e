// Comparisons as tables for other programs.
#pragma once

#include <vector>

#include "base/csv.h"
#include "measure/compare.h"

namespace sg {

/// One row per pair, prompt, token, site and layer.
CsvTable comparison_csv(const std::vector<Comparison>& pairs);
/// One row per pair, prompt and position of --logits.
CsvTable comparison_outputs_csv(const std::vector<Comparison>& pairs);

}  // namespace sg
