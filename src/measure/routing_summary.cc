#include "measure/routing_summary.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "measure/massive.h"
#include "measure/routing_rows.h"

namespace sg {
namespace {

std::string place_text(std::size_t layer, std::size_t expert) {
  return "layer " + std::to_string(layer) + ", expert " + std::to_string(expert);
}

/// Where the largest value of all layers is formed.
const Massive* formed(const SequenceMeasurement& sequence) {
  double largest = 0;
  for (const Massive& m : sequence.massive) largest = std::max(largest, std::abs(m.value));
  const auto at = std::find_if(sequence.massive.begin(), sequence.massive.end(),
                               [&](const Massive& m) { return std::abs(m.value) >= largest / 2; });
  return at == sequence.massive.end() ? nullptr : &*at;
}

/// Sums of the loads of some layers.
struct LoadSummary {
  std::int64_t unused = 0, experts = 0;
  double busiest = 0;
  template <class T>
  void add(const std::vector<T>& load, std::size_t tokens) {
    unused += std::count(load.begin(), load.end(), T{0});
    experts += static_cast<std::int64_t>(load.size());
    const double most = static_cast<double>(*std::max_element(load.begin(), load.end()));
    busiest = std::max(busiest, most / static_cast<double>(tokens));
  }
  double share_unused() const { return static_cast<double>(unused) / static_cast<double>(experts); }
};

void least(std::optional<double>& sofar, double margin) { sofar = std::min(sofar.value_or(margin), margin); }

void carry(const SequenceMeasurement& sequence, const Massive& at, PromptRouting& r) {
  const std::vector<Carrier> found =
      carriers(sequence, {.layer = at.layer, .token = at.token, .channel = at.channel, .value = at.value});
  for (const Carrier& c : found) r.carried += c.share;
  if (found.empty()) return;
  r.carrier = place_text(found[0].layer, found[0].expert);
  r.carrier_layer = static_cast<std::int64_t>(found[0].layer);
  r.carrier_expert = static_cast<std::int64_t>(found[0].expert);
  r.carrier_adds = found[0].added;
  r.carrier_share = found[0].share;
}

using Place = std::pair<std::int64_t, std::int64_t>;  // layer, expert

/// The place that most prompts have, with the shares of those.
void most_frequent(const std::map<Place, std::vector<double>>& shares, std::size_t prompts, ModelRouting& r) {
  const auto more = [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); };
  const auto most = std::max_element(shares.begin(), shares.end(), more);
  if (most == shares.end()) return;
  const auto [layer, expert] = most->first;
  r.carrier = place_text(static_cast<std::size_t>(layer), static_cast<std::size_t>(expert));
  r.carrier_layer = layer;
  r.carrier_expert = expert;
  r.carrier_prompts = static_cast<double>(most->second.size()) / static_cast<double>(prompts);
  double sum = 0;
  for (const double share : most->second) sum += share;
  r.carrier_share = sum / static_cast<double>(most->second.size());
}

}  // namespace

std::optional<PromptRouting> prompt_routing(const SequenceMeasurement& sequence) {
  if (sequence.routing.empty()) return std::nullopt;
  PromptRouting r;
  LoadSummary loads;
  std::size_t tokens = 0;
  for (const RoutingRow& row : sequence.routing) {
    loads.add(row.load, row.entropy.size());
    for (const double entropy : row.entropy) r.entropy += entropy;
    for (const double margin : row.margin) least(r.margin, margin);
    tokens += row.entropy.size();
  }
  r.entropy /= static_cast<double>(tokens);
  r.unused = loads.share_unused();
  r.busiest = loads.busiest;
  if (const Massive* at = formed(sequence)) {
    r.value = at->value;
    r.ratio = at->ratio();
    r.massive = is_massive(*at);
    r.layer = static_cast<std::int64_t>(at->layer);
    r.token = static_cast<std::int64_t>(at->token);
    carry(sequence, *at, r);
  }
  return r;
}

std::optional<ModelRouting> model_routing(std::span<const SequenceMeasurement* const> prompts) {
  ModelRouting r;
  Measurement all;
  std::map<Place, std::vector<double>> shares;
  std::size_t tokens = 0;
  for (const SequenceMeasurement* sequence : prompts) {
    const std::optional<PromptRouting> one = prompt_routing(*sequence);
    if (!one) return std::nullopt;
    r.entropy += one->entropy;
    r.massive += one->massive ? 1 : 0;
    r.carried += one->carried;
    if (one->margin) least(r.margin, *one->margin);
    if (one->carrier_share) shares[{*one->carrier_layer, *one->carrier_expert}].push_back(*one->carrier_share);
    tokens += sequence->sequence.ids.size();
    SequenceMeasurement& copy = all.sequences.emplace_back();
    copy.massive = sequence->massive;
    copy.routing = sequence->routing;
  }
  if (prompts.empty()) return std::nullopt;
  for (double* mean : {&r.entropy, &r.massive, &r.carried}) *mean /= static_cast<double>(prompts.size());
  LoadSummary loads;
  for (const ExpertLoad& load : expert_loads(all)) loads.add(load.tokens, tokens);
  r.unused = loads.share_unused();
  r.busiest = loads.busiest;
  r.super_experts = static_cast<std::int64_t>(super_experts(all).size());
  most_frequent(shares, prompts.size(), r);
  return r;
}

}  // namespace sg
