// A comparison for people.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "measure/compare.h"

namespace sg {

/// A table of the sites, each over all tokens of all prompts, and one of the outputs.
std::string comparison_text(const Comparison& comparison);

/// Where the mean distance passes this share of A's norm, the two are no longer the same but for rounding.
inline constexpr double kApart = 0.1;

/// What a comparison comes to; of every place that it holds.
struct ComparisonFindings {
  /// Three: where the two part first, what it does to the next token, how far apart the outputs are.
  std::vector<std::string> sentences;
  double threshold = kApart;
  std::optional<SiteRef> first;  // place, in the order of the pass, whose mean distance is above the threshold
  double distance = 0;           // there
};
ComparisonFindings comparison_findings(const Comparison& comparison, double threshold = kApart);

/// A table with a row per layer: |B - A|_F / |A|_F of every matrix, the largest |B - A|_2 / |A|_2, and the mean
/// distance of the stream behind the layer. Empty when no matrix was compared.
std::string weight_differences_text(const Comparison& comparison);

}  // namespace sg
