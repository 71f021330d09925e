#include "measure/massive.h"

#include <cmath>
#include <optional>

#include "measure/measure.h"
#include "measure/reduction.h"

namespace sg {
namespace {

std::optional<FoundMassive> find_at(const SequenceMeasurement& s, std::size_t layer) {
  if (layer >= s.massive.size() || s.norms.resid_post.empty() || s.sequence.ids.size() < 2) return std::nullopt;
  const Massive& m = s.massive[layer];
  const Measured whole = reduce(Reduction::kFrobenius, {s.norms.resid_post.row(layer), s.norms.resid_post.tokens});
  if (!is_massive(m) || !whole.ok()) return std::nullopt;
  return FoundMassive{&s, m, s.norms.resid_post.at(layer, m.token) / *whole.value};
}

std::vector<FoundMassive> find_all(const Measurement& measurement, std::size_t layer) {
  std::vector<FoundMassive> found;
  for (const SequenceMeasurement& s : measurement.sequences) {
    if (auto one = find_at(s, layer)) found.push_back(*one);
  }
  return found;
}

/// Layer with the largest ratio of all.
std::optional<std::size_t> strongest_layer(const Measurement& measurement) {
  std::optional<std::size_t> best;
  double largest = 0;
  for (const SequenceMeasurement& s : measurement.sequences) {
    for (std::size_t layer = 0; layer < s.massive.size(); ++layer) {
      const auto found = find_at(s, layer);
      if (!found || found->massive.ratio() <= largest) continue;
      largest = found->massive.ratio();
      best = layer;
    }
  }
  return best;
}

}  // namespace

bool is_massive(const Massive& m) { return std::abs(m.value) > kMassiveSize && m.ratio() > kMassiveMultiple; }

std::vector<FoundMassive> massive_activations(const Measurement& measurement) {
  const std::size_t layers = measurement.model.n_layers;
  std::vector<FoundMassive> found;
  if (layers >= 3) found = find_all(measurement, layers - 3);
  if (!found.empty()) return found;
  const auto layer = strongest_layer(measurement);
  return layer ? find_all(measurement, *layer) : found;
}

}  // namespace sg
