#include "measure/gain.h"

#include <cmath>

#include "base/check.h"

namespace sg {
namespace {

Measured reduce_at(const SiteNorms& norms, Reduction reduction, SiteRef site) {
  const auto row = norms_at(norms, site);
  if (row.empty()) return Measured::absent(show(site) + " was not recorded");
  Measured reduced = reduce(reduction, row);
  if (!reduced.ok()) reduced.reason += " (" + show(site) + ")";
  return reduced;
}

Measured geometric_mean(const std::vector<double>& gains) {
  double sum = 0;
  for (const double g : gains) {
    if (g == 0) return Measured::absent("a gain is 0");
    sum += std::log(g);
  }
  return Measured::of(std::exp(sum / static_cast<double>(gains.size())));
}

Measured ratio_of(double numerator, double denominator, std::string_view denominator_name) {
  if (denominator == 0) return Measured::absent(std::string(denominator_name) + " is 0");
  const double ratio = numerator / denominator;
  if (!std::isfinite(ratio)) return Measured::absent("the ratio is beyond the range of a double");
  return Measured::of(ratio);
}

}  // namespace

Gain gain_between(const SiteNorms& norms, Reduction reduction, const SpanEnds& ends) {
  if (!ends.why_absent.empty()) return {Measured::absent(ends.why_absent), {}, {}};
  const Measured above = reduce_at(norms, reduction, ends.numerator);
  if (!above.ok()) return {Measured::absent(above.reason), {}, {}};
  const Measured below = reduce_at(norms, reduction, ends.denominator);
  if (!below.ok()) return {Measured::absent(below.reason), {}, {}};
  Measured gain = ratio_of(*above.value, *below.value, "the norm at " + show(ends.denominator));
  if (!gain.ok()) return {std::move(gain), {}, {}};
  return {std::move(gain), above.value, below.value};
}

Gain gain_over(const SequenceMeasurement& sequence, std::size_t layers, Reduction reduction, GainSpan span) {
  return gain_between(sequence.norms, reduction, ends(span, layers));
}

PooledGain pool(Pooling pooling, std::span<const Gain> gains) {
  PooledGain pooled;
  pooled.prompts = gains.size();
  std::vector<double> values, numerators, denominators;
  for (const Gain& g : gains) {
    if (!g.gain.ok()) continue;
    values.push_back(*g.gain.value);
    numerators.push_back(*g.numerator);
    denominators.push_back(*g.denominator);
  }
  pooled.used = values.size();
  if (values.empty()) {
    pooled.gain = Measured::absent(gains.empty() ? "there is no prompt" : gains.front().gain.reason);
    return pooled;
  }
  const double mean = mean_of(values);
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  pooled.spread = std::sqrt(squares / static_cast<double>(values.size()));
  switch (pooling) {
    case Pooling::kMeanOfGains: pooled.gain = Measured::of(mean); break;
    case Pooling::kMedianOfGains: pooled.gain = Measured::of(median_of(values)); break;
    case Pooling::kGeometricMean: pooled.gain = geometric_mean(values); break;
    case Pooling::kGainOfMeans:
      pooled.gain = ratio_of(mean_of(numerators), mean_of(denominators), "the mean of the denominators");
      break;
  }
  return pooled;
}

PooledGain evaluate(const Definition& definition, const Measurement& measurement) {
  std::vector<Gain> gains;
  gains.reserve(measurement.sequences.size());
  for (const SequenceMeasurement& s : measurement.sequences) {
    gains.push_back(gain_over(s, measurement.model.n_layers, definition.reduction, definition.span));
  }
  return pool(definition.pooling, gains);
}

std::vector<std::vector<Gain>> ladder(const Measurement& measurement, Reduction reduction) {
  std::vector<std::vector<Gain>> rungs(measurement.model.n_layers);
  for (std::size_t layer = 0; layer < rungs.size(); ++layer) {
    for (const SequenceMeasurement& s : measurement.sequences) {
      rungs[layer].push_back(gain_between(s.norms, reduction, block_ends(layer)));
    }
  }
  return rungs;
}

}  // namespace sg
