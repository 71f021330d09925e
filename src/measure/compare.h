// compare: two models over the same token ids, site by site. Both passes run side by side and meet at every site, so
// that memory holds two batches of activations and nothing of the sites that have gone by.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "forward/site.h"
#include "measure/measure.h"
#include "measure/places.h"
#include "measure/weight_difference.h"

namespace sg {

/// One token at one site. NaN where a row is not finite or has norm 0.
struct TokenDifference {
  double norm_a = 0, norm_b = 0;  // L2
  double cosine = 0;              // of the two rows
  double distance = 0;            // |b - a| / |a|
  double norm_difference() const { return (norm_b - norm_a) / norm_a; }
};

/// One site of one prompt; `tokens` has an entry per token.
struct SiteDifference {
  SiteRef place;
  std::vector<TokenDifference> tokens;
};

/// The two output distributions at one position.
struct OutputDifference {
  LogitStats a, b;
  double kl = 0;  // KL(A || B) in nats, not negative up to rounding; NaN with a logit that is not finite
};

struct SequenceComparison {
  Sequence sequence;
  std::vector<SiteDifference> sites;  // in the order of the pass
  std::vector<OutputDifference> outputs;
};

struct Comparison {
  EngineFacts engine;
  ModelFacts a, b;
  std::vector<SequenceComparison> sequences;
  std::vector<WeightDifference> matrices;  // where they were compared (spectra/weight_differences.h)
  std::vector<std::string> warnings;
  double seconds = 0;
  std::uint64_t peak_bytes = 0;
};

/// Errors: models of another vocabulary, depth, width or wiring than each other; those of measure. `tokenizer` is
/// A's and names the top tokens; it may be null.
Result<Comparison> compare(const Model& a, const Model& b, const Tokenizer* tokenizer, std::vector<Sequence> sequences,
                           const MeasureOptions& options);

/// Over tokens: the largest |relative difference of norms| and their mean, the smallest and mean cosine, the largest
/// and mean distance. NaN when any is.
struct DifferenceSummary {
  double norm_max = 0, norm_mean = 0, cosine_min = 1, cosine_mean = 0, distance_max = 0, distance_mean = 0;
};
/// Of one place over all prompts; absent where no prompt has it.
std::optional<DifferenceSummary> summary_at(const Comparison& comparison, SiteRef place);
/// The first place, in the order of the pass, whose mean distance is above `least`; absent where none is.
std::optional<SiteRef> first_apart(const Comparison& comparison, double least);
/// Drops the places that are not among these.
void keep_places(Comparison& comparison, const std::vector<SiteRef>& places);
/// Every place of the comparison, in the order of the pass.
std::vector<SiteRef> places_of(const Comparison& comparison);

}  // namespace sg
