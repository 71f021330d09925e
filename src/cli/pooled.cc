#include "cli/pooled.h"

#include <algorithm>

namespace sg {
namespace {

constexpr std::size_t kFewestForInterval = 3;  // with two prompts every resample is one of three values
// Intervals of a table's last printed digit: 2000 resamples give the 2.5 % quantiles to about a tenth of the spread.
constexpr std::size_t kResamples = 2000;

std::optional<Interval> interval_of(Pooling pooling, const std::vector<Gain>& gains) {
  std::vector<Gain> defined;
  std::copy_if(gains.begin(), gains.end(), std::back_inserter(defined), [](const Gain& g) { return g.gain.ok(); });
  if (defined.size() < kFewestForInterval) return std::nullopt;
  std::vector<Gain> drawn;
  const auto statistic = [&](std::span<const std::size_t> units) {
    drawn.clear();
    for (const std::size_t u : units) drawn.push_back(defined[u]);
    return pool(pooling, drawn).gain.value;
  };
  return bootstrap(defined.size(), statistic, {.kind = BootstrapKind::kBca, .resamples = kResamples}).value;
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
    const auto& category = s.sequence.category;
    if (category && std::find(found.begin(), found.end(), *category) == found.end()) found.push_back(*category);
  }
  return found;
}

}  // namespace sg
