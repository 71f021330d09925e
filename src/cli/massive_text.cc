#include "cli/massive_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "cli/model_text.h"
#include "measure/measure.h"
#include "measure/reduction.h"
#include "report/text/number_text.h"

namespace sg {
namespace {

struct Found {
  const SequenceMeasurement* sequence;
  Massive massive;
  double share;  // of the Frobenius norm of the site
};

std::optional<Found> find_at(const SequenceMeasurement& s, std::size_t layer) {
  if (layer >= s.massive.size() || s.norms.resid_post.empty() || s.sequence.ids.size() < 2) return std::nullopt;
  const Massive& m = s.massive[layer];
  const Measured whole = reduce(Reduction::kFrobenius, {s.norms.resid_post.row(layer), s.norms.resid_post.tokens});
  if (!is_massive(m) || !whole.ok()) return std::nullopt;
  return Found{&s, m, s.norms.resid_post.at(layer, m.token) / *whole.value};
}

std::vector<Found> find_all(const Measurement& measurement, std::size_t layer) {
  std::vector<Found> found;
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

std::string times_text(double ratio) { return grouped(static_cast<std::uint64_t>(std::llround(ratio))); }

std::string one_sentence(const Found& f) {
  const Sequence& s = f.sequence->sequence;
  return fmt::format(
      "Token {} ({}) carries {:.1f} % of the Frobenius norm at resid_post[{}]: a massive activation (channel {} is {}, "
      "{} "
      "times the median).\n",
      f.massive.token, token_name(s.tokens[f.massive.token], s.ids[f.massive.token]), 100 * f.share, f.massive.layer,
      f.massive.channel, short_number(f.massive.value), times_text(f.massive.ratio()));
}

template <class Value>
std::string range_text(const std::vector<Found>& all, Value value, auto show) {
  std::vector<double> values;
  values.reserve(all.size());
  for (const Found& f : all) values.push_back(value(f));
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const std::string from = show(*low), to = show(*high);
  return from == to ? from : from + " to " + to;
}

std::string channels_text(const std::vector<Found>& all) {
  std::vector<std::size_t> channels;
  channels.reserve(all.size());
  for (const Found& f : all) channels.push_back(f.massive.channel);
  std::sort(channels.begin(), channels.end());
  channels.erase(std::unique(channels.begin(), channels.end()), channels.end());
  std::vector<std::string> words;
  words.reserve(channels.size());
  for (const std::size_t c : channels) words.push_back(std::to_string(c));
  constexpr std::size_t kMost = 6;  // more would bury the sentence
  if (words.size() > kMost) return fmt::format("{} channels are ", words.size());
  return (words.size() == 1 ? "channel " : "channels ") + listed(words) + (words.size() == 1 ? " is " : " are ");
}

std::string summary(const Measurement& measurement, const std::vector<Found>& all) {
  const std::size_t token = all.front().massive.token;
  const bool same_token = std::all_of(all.begin(), all.end(), [&](const Found& f) { return f.massive.token == token; });
  return fmt::format(
      "In {} of {} prompts {} carries {} % of the Frobenius norm at resid_post[{}]: massive activations ({}{}, {} "
      "times "
      "the median).\n",
      all.size(), measurement.sequences.size(), same_token ? fmt::format("token {}", token) : "one token",
      range_text(
          all, [](const Found& f) { return 100 * f.share; }, [](double x) { return fixed(x, 1); }),
      all.front().massive.layer, channels_text(all),
      range_text(
          all, [](const Found& f) { return f.massive.value; }, short_number),
      range_text(
          all, [](const Found& f) { return f.massive.ratio(); }, times_text));
}

}  // namespace

bool is_massive(const Massive& m) { return std::abs(m.value) > kMassiveSize && m.ratio() > kMassiveMultiple; }

std::string massive_text(const Measurement& measurement) {
  const std::size_t layers = measurement.model.n_layers;
  std::vector<Found> found;
  if (layers >= 3) found = find_all(measurement, layers - 3);
  if (found.empty()) {
    const auto layer = strongest_layer(measurement);
    if (!layer) return "";
    found = find_all(measurement, *layer);
  }
  return measurement.sequences.size() == 1 ? one_sentence(found.front()) : summary(measurement, found);
}

}  // namespace sg
