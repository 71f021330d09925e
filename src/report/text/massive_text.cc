#include "report/text/measure_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "base/number_text.h"
#include "measure/massive.h"
#include "report/text/model_text.h"

namespace sg {
namespace {

std::string times_text(double ratio) { return grouped(static_cast<std::uint64_t>(std::llround(ratio))); }

std::string one_sentence(const FoundMassive& f) {
  const Sequence& s = f.sequence->sequence;
  return fmt::format(
      "Token {} ({}) carries {:.1f} % of the Frobenius norm at resid_post[{}]: a massive activation (channel {} is {}, "
      "{} times the median).\n",
      f.massive.token, token_name(s.tokens[f.massive.token], s.ids[f.massive.token]), 100 * f.share, f.massive.layer,
      f.massive.channel, short_number(f.massive.value), times_text(f.massive.ratio()));
}

template <class Value>
std::string range_text(const std::vector<FoundMassive>& all, Value value, auto show) {
  std::vector<double> values;
  values.reserve(all.size());
  for (const FoundMassive& f : all) values.push_back(value(f));
  const auto [low, high] = std::ranges::minmax_element(values);
  const std::string from = show(*low), to = show(*high);
  return from == to ? from : from + " to " + to;
}

std::string channels_text(const std::vector<FoundMassive>& all) {
  std::set<std::size_t> channels;
  for (const FoundMassive& f : all) channels.insert(f.massive.channel);
  std::vector<std::string> words;
  words.reserve(channels.size());
  for (const std::size_t c : channels) words.push_back(std::to_string(c));
  constexpr std::size_t kMost = 6;  // more would bury the sentence
  if (words.size() > kMost) return fmt::format("{} channels are ", words.size());
  return (words.size() == 1 ? "channel " : "channels ") + listed(words) + (words.size() == 1 ? " is " : " are ");
}

std::string summary(const Measurement& measurement, const std::vector<FoundMassive>& all) {
  const std::size_t token = all.front().massive.token;
  const bool same_token = std::ranges::all_of(all, [&](const FoundMassive& f) { return f.massive.token == token; });
  return fmt::format(
      "In {} of {} prompts {} carries {} % of the Frobenius norm at resid_post[{}]: massive activations ({}{}, {} "
      "times the median).\n",
      all.size(), measurement.sequences.size(), same_token ? fmt::format("token {}", token) : "one token",
      range_text(
          all, [](const FoundMassive& f) { return 100 * f.share; }, [](double x) { return fixed(x, 1); }),
      all.front().massive.layer, channels_text(all),
      range_text(
          all, [](const FoundMassive& f) { return f.massive.value; }, short_number),
      range_text(
          all, [](const FoundMassive& f) { return f.massive.ratio(); }, times_text));
}

}  // namespace

std::string massive_text(const Measurement& measurement) {
  const std::vector<FoundMassive> found = massive_activations(measurement);
  if (found.empty()) return "";
  return measurement.sequences.size() == 1 ? one_sentence(found.front()) : summary(measurement, found);
}

}  // namespace sg
