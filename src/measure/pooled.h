// Pooled gains with their bootstrap interval and by category.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "measure/gain.h"
#include "stats/bootstrap.h"

namespace sg {

struct PooledRow {
  std::string label;
  PooledGain pooled;
  std::optional<Interval> interval;  // 95 %, BCa over prompts
};

/// One definition over the sequences of one category; all of them without a category.
PooledRow pooled_row(const Definition& definition, const Measurement& measurement,
                     const std::optional<std::string>& category, bool with_interval);

/// The categories of a measurement in the order of their first prompt.
std::vector<std::string> categories_of(const Measurement& measurement);

/// A span on which some reductions, pooled by mean_of_gains, expand while others contract.
struct Disagreement {
  GainSpan span = GainSpan::kLastBlock;
  std::vector<Reduction> expand, contract;
};
std::vector<Disagreement> disagreements(const Measurement& measurement);

}  // namespace sg
