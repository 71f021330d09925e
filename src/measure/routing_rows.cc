#include "measure/routing_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "measure/massive.h"
#include "stats/quantile.h"

namespace sg {
namespace {

// Of arXiv:2507.23279, section 3.
constexpr double kSuperQuantile = 0.995;
constexpr double kSuperShare = 0.1;

/// Rows of `values` that belong to one prompt, each with its `chosen` places.
template <class To, class From>
std::vector<std::vector<To>> table_of(const std::vector<From>& values, std::size_t chosen, std::size_t first,
                                      std::size_t tokens) {
  std::vector<std::vector<To>> table(tokens);
  for (std::size_t t = 0; t < tokens; ++t) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>((first + t) * chosen);
    table[t].assign(begin, begin + static_cast<std::ptrdiff_t>(chosen));
  }
  return table;
}

std::vector<double> part_of(const std::vector<double>& values, std::size_t first, std::size_t tokens) {
  if (values.empty()) return {};
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(tokens)};
}

/// Nothing is left out of a choice of all: then no token has a margin. One whose best left out was never in the choice,
/// at minus infinity, is chosen by any margin.
std::vector<double> margins(const Routing& routing, std::size_t first, std::size_t tokens) {
  const auto has = [](const std::optional<double>& margin) { return margin.has_value(); };
  if (std::none_of(routing.margin.begin(), routing.margin.end(), has)) return {};
  std::vector<double> part;
  for (std::size_t t = first; t < first + tokens; ++t) {
    part.push_back(routing.margin[t].value_or(std::numeric_limits<double>::infinity()));
  }
  return part;
}

/// Where an expert's output was largest.
struct Loudest {
  double output = 0;
  std::size_t sequence = 0, token = 0, channel = 0;
};
using ExpertPlace = std::pair<std::size_t, std::size_t>;  // layer, expert

/// Of every expert of the layers that have any; 0 for one that no token chose.
std::map<ExpertPlace, Loudest> loudest_of_each(const Measurement& measurement) {
  std::map<ExpertPlace, Loudest> all;
  for (const ExpertLoad& layer : expert_loads(measurement)) {
    for (std::size_t e = 0; e < layer.tokens.size(); ++e) all[{layer.layer, e}] = {};
  }
  for (std::size_t s = 0; s < measurement.sequences.size(); ++s) {
    for (const RoutingRow& row : measurement.sequences[s].routing) {
      for (std::size_t t = 0; t < row.experts.size(); ++t) {
        for (std::size_t i = 0; i < row.experts[t].size(); ++i) {
          const double output = std::abs(row.peak[t][i] / row.weights[t][i]);
          Loudest& sofar = all[{row.layer, static_cast<std::size_t>(row.experts[t][i])}];
          if (!(output > sofar.output) || !std::isfinite(output)) continue;
          sofar = {output, s, t, static_cast<std::size_t>(row.peak_channel[t][i])};
        }
      }
    }
  }
  return all;
}

}  // namespace

RoutingRow routing_row(std::size_t layer, const Routing& routing, std::size_t first, std::size_t tokens) {
  const std::size_t k = routing.chosen;
  RoutingRow row = {.layer = layer,
                    .experts = table_of<std::int32_t>(routing.expert, k, first, tokens),
                    .weights = table_of<double>(routing.weight, k, first, tokens),
                    .margin = margins(routing, first, tokens),
                    .entropy = part_of(routing.entropy, first, tokens),
                    .contribution = table_of<double>(routing.contribution, k, first, tokens),
                    .shared = part_of(routing.shared, first, tokens),
                    .peak = table_of<double>(routing.peak, k, first, tokens),
                    .peak_channel = table_of<std::int32_t>(routing.peak_channel, k, first, tokens),
                    .load = std::vector<std::int32_t>(routing.experts)};
  for (const std::vector<std::int32_t>& chosen : row.experts) {
    for (const std::int32_t e : chosen) ++row.load[static_cast<std::size_t>(e)];
  }
  return row;
}

std::vector<ExpertLoad> expert_loads(const Measurement& measurement) {
  std::map<std::size_t, std::vector<std::int64_t>> loads;
  for (const SequenceMeasurement& s : measurement.sequences) {
    for (const RoutingRow& row : s.routing) {
      std::vector<std::int64_t>& load = loads[row.layer];
      load.resize(std::max(load.size(), row.load.size()));
      for (std::size_t e = 0; e < row.load.size(); ++e) load[e] += row.load[e];
    }
  }
  std::vector<ExpertLoad> list;
  for (auto& [layer, tokens] : loads) list.push_back({layer, std::move(tokens)});
  return list;
}

std::optional<Formation> formation(const SequenceMeasurement& sequence) {
  double largest = 0;
  for (const Massive& m : sequence.massive) {
    if (is_massive(m)) largest = std::max(largest, std::abs(m.value));
  }
  for (const Massive& m : sequence.massive) {
    if (is_massive(m) && std::abs(m.value) >= largest / 2) return Formation{m.layer, m.token, m.channel, m.value};
  }
  return std::nullopt;
}

std::vector<Carrier> carriers(const SequenceMeasurement& sequence, const Formation& at) {
  std::vector<Carrier> found;
  for (const RoutingRow& row : sequence.routing) {
    if (row.layer > at.layer || at.token >= row.experts.size()) continue;
    for (std::size_t i = 0; i < row.experts[at.token].size(); ++i) {
      const double added = row.peak[at.token][i];
      const bool there = static_cast<std::size_t>(row.peak_channel[at.token][i]) == at.channel;
      if (!there || !(added * at.value > 0)) continue;
      found.push_back({row.layer, static_cast<std::size_t>(row.experts[at.token][i]), added, added / at.value});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Carrier& a, const Carrier& b) { return a.share > b.share; });
  return found;
}

std::vector<SuperExpert> super_experts(const Measurement& measurement) {
  const std::map<ExpertPlace, Loudest> loudest = loudest_of_each(measurement);
  std::optional<std::size_t> last_forming;
  std::map<ExpertPlace, std::pair<double, std::size_t>> carried;  // share and prompts
  for (const SequenceMeasurement& s : measurement.sequences) {
    const std::optional<Formation> at = formation(s);
    if (!at) continue;
    last_forming = std::max(last_forming.value_or(0), at->layer);
    for (const Carrier& c : carriers(s, *at)) {
      auto& [share, prompts] = carried[{c.layer, c.expert}];
      share = std::max(share, c.share);
      ++prompts;
    }
  }
  if (!last_forming || loudest.empty()) return {};
  std::vector<double> outputs;
  for (const auto& [place, loud] : loudest) outputs.push_back(loud.output);
  std::sort(outputs.begin(), outputs.end());
  const double above = quantile_sorted(outputs, kSuperQuantile), tenth = kSuperShare * outputs.back();
  std::vector<SuperExpert> list;
  for (const auto& [place, loud] : loudest) {
    if (place.first > *last_forming || !(loud.output > above) || !(loud.output > tenth)) continue;
    const auto& [share, prompts] = carried[place];
    list.push_back({place.first, place.second, loud.output, loud.sequence, loud.token, loud.channel, share, prompts});
  }
  return list;
}

}  // namespace sg
