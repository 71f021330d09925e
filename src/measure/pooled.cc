#include "measure/pooled.h"

#include "base/each_once.h"
#include "measure/gain_interval.h"

namespace sg {
namespace {

std::optional<Interval> interval_of(Pooling pooling, const std::vector<Gain>& gains) {
  return gain_interval(pooling, gains).value;
}

}  // namespace

PooledRow pooled_row(const Definition& definition, const Measurement& measurement,
                     const std::optional<std::string>& category, bool with_interval) {
  std::vector<Gain> gains;
  for (const SequenceMeasurement& s : measurement.sequences) {
    if (category && s.sequence.category != category) continue;
    gains.push_back(gain_over(s, measurement.model.n_layers, definition.reduction, definition.span));
  }
  return {.label = category.value_or("all"),
          .pooled = pool(definition.pooling, gains),
          .interval = with_interval ? interval_of(definition.pooling, gains) : std::nullopt};
}

std::vector<std::string> categories_of(const Measurement& measurement) {
  std::vector<std::string> found;
  for (const SequenceMeasurement& s : measurement.sequences) {
    if (s.sequence.category) place_in(found, *s.sequence.category);
  }
  return found;
}

std::vector<Disagreement> disagreements(const Measurement& measurement) {
  std::vector<Disagreement> all;
  for (const GainSpan span : kGainSpans) {
    Disagreement d = {.span = span, .expand = {}, .contract = {}};
    for (const Reduction r : kReductions) {
      const Measured gain = evaluate({r, span, Pooling::kMeanOfGains}, measurement).gain;
      if (gain.ok() && *gain.value > 1) d.expand.push_back(r);
      if (gain.ok() && *gain.value < 1) d.contract.push_back(r);
    }
    if (!d.expand.empty() && !d.contract.empty()) all.push_back(std::move(d));
  }
  return all;
}

}  // namespace sg
