#include "experiment/evaluate/measured_columns.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "experiment/value/field_value.h"
#include "measure/gain_interval.h"
#include "measure/routing_summary.h"

namespace sg {
namespace {

/// The sites that a ladder climbs, one more than it has rungs.
std::vector<SiteRef> ladder_sites(LadderEnds ends, std::size_t layers) {
  std::vector<SiteRef> sites;
  if (ends != LadderEnds::kHooks) sites.push_back({Site::kEmbed, 0});
  for (std::size_t l = 0; l < layers; ++l) sites.push_back({Site::kResidPost, l});
  if (ends == LadderEnds::kHiddenStates) sites.back() = {Site::kFinal, 0};
  return sites;
}

/// Mean over the prompts of what `of` gives for each; the first reason when one is absent.
template <class Of>
Measured mean_over(std::span<const std::size_t> prompts, const Of& of) {
  if (prompts.empty()) return Measured::absent("there is no prompt");
  double sum = 0;
  for (const std::size_t p : prompts) {
    const Measured one = of(p);
    if (!one.ok()) return Measured::absent("prompt " + std::to_string(p + 1) + ": " + one.reason);
    sum += *one.value;
  }
  return Measured::of(sum / static_cast<double>(prompts.size()));
}

Measured norm_at(const SequenceMeasurement& sequence, Reduction reduction, SiteRef site) {
  const auto norms = norms_at(sequence.norms, site);
  if (norms.empty()) return Measured::absent(show(site) + " was not recorded");
  return reduce(reduction, norms);
}

/// A real number that is not finite is absent; `what` opens the reason.
Value checked(const Value& value, const std::string& what) {
  const auto* number = std::get_if<double>(&value);
  return number != nullptr ? finite(*number, what) : value;
}

}  // namespace

const std::vector<Gain>& GainTable::of(Reduction reduction, GainSpan span) {
  auto& entry = gains_[static_cast<std::size_t>(reduction)][static_cast<std::size_t>(span)];
  if (!entry) {
    entry.emplace();
    const std::size_t layers = data_.facts ? data_.facts->n_layers : 0;
    for (const SequenceMeasurement& s : data_.sequences) entry->push_back(gain_over(s, layers, reduction, span));
  }
  return *entry;
}

std::vector<Gain> GainTable::of(Reduction reduction, GainSpan span, std::span<const std::size_t> prompts) {
  const std::vector<Gain>& all = of(reduction, span);
  std::vector<Gain> chosen;
  chosen.reserve(prompts.size());
  for (const std::size_t p : prompts) chosen.push_back(all[p]);
  return chosen;
}

Value gain_part(GainPart part, Pooling pooling, const std::vector<Gain>& gains) {
  if (part == GainPart::kAll) {
    std::vector<double> all;
    for (const Gain& g : gains) {
      if (!g.gain.ok()) return absent("prompt " + std::to_string(all.size() + 1) + ": " + g.gain.reason);
      all.push_back(*g.gain.value);
    }
    return all;
  }
  if (part == GainPart::kLow || part == GainPart::kHigh) {
    const Estimate<Interval> interval = gain_interval(pooling, gains);
    if (!interval.ok()) return absent(interval.reason);
    return part == GainPart::kLow ? interval->low : interval->high;
  }
  const PooledGain pooled = pool(pooling, gains);
  if (part == GainPart::kValue) return value_of(pooled.gain);
  return pooled.spread ? Value(*pooled.spread) : absent(pooled.gain.reason);
}

Value ladder_value(const LadderSource& source, const ModelData& data, std::span<const std::size_t> prompts) {
  const std::vector<SiteRef> sites = ladder_sites(source.ends, data.facts ? data.facts->n_layers : 0);
  std::vector<double> values;
  for (std::size_t i = source.norms ? 0 : 1; i < sites.size(); ++i) {
    const Measured mean = mean_over(prompts, [&](std::size_t p) {
      const SequenceMeasurement& s = data.sequences[p];
      if (source.norms) return norm_at(s, source.reduction, sites[i]);
      return gain_between(s.norms, source.reduction,
                          {.numerator = sites[i], .denominator = sites[i - 1], .why_absent = {}})
          .gain;
    });
    if (!mean.ok()) return absent(mean.reason);
    values.push_back(*mean.value);
  }
  return values;
}

Value logits_value(const std::string& key, const SequenceMeasurement& sequence) {
  const std::size_t last = sequence.sequence.ids.empty() ? 0 : sequence.sequence.ids.size() - 1;
  for (const LogitStats& s : sequence.logits) {
    if (s.position != last) continue;
    if (const auto value = field_value(s, key)) return checked(*value, "the output distribution");
  }
  return absent("the output distribution was not measured");
}

Value logits_mean(const std::string& key, const ModelData& data, std::span<const std::size_t> prompts) {
  return value_of(
      mean_over(prompts, [&](std::size_t p) { return number_of(logits_value(key, data.sequences[p]), key); }));
}

Value routing_value(const std::string& key, const SequenceMeasurement& sequence) {
  const std::optional<PromptRouting> routing = prompt_routing(sequence);
  if (!routing) return absent("the model has no experts");
  return checked(field_value(*routing, key).value_or(absent("unknown quantity of routing")), "the routing");
}

Value routing_value(const std::string& key, const ModelData& data, std::span<const std::size_t> prompts) {
  std::vector<const SequenceMeasurement*> chosen;
  for (const std::size_t p : prompts) chosen.push_back(&data.sequences[p]);
  const std::optional<ModelRouting> routing = model_routing(chosen);
  if (!routing) return absent("the model has no experts");
  return checked(field_value(*routing, key).value_or(absent("unknown quantity of routing")), "the routing");
}

Value weight_value(const WeightSource& source, const ModelData& data) {
  if (source.statistic == "tied_embeddings" && data.facts) return data.facts->tied_embeddings;
  if (!data.weights) return absent("the weights were not measured");
  const WeightsReport& report = *data.weights;
  if (source.role.empty()) {
    if (source.statistic == "wu_we_ratio") {
      return report.wu_we_ratio ? Value(*report.wu_we_ratio) : absent("the ratio of W_U and W_E is not defined");
    }
    return report.tied_allclose ? Value(*report.tied_allclose) : absent("W_U and W_E cannot be compared");
  }
  const auto row = std::ranges::find_if(report.matrices,
                                        [&](const WeightRow& r) { return r.role == source.role && r.part == "all"; });
  if (row == report.matrices.end()) return absent("the model has no " + source.role);
  if (source.statistic == "shape") {
    return std::vector<std::int64_t>{static_cast<std::int64_t>(row->rows), static_cast<std::int64_t>(row->cols)};
  }
  if (!row->statistics) return absent(source.role + " holds numbers that are not finite");
  const auto value = field_value(*row->statistics, source.statistic);
  return value ? checked(*value, source.role + "." + source.statistic) : absent("unknown statistic");
}

Value model_value(const std::string& key, const ModelFacts& facts) {
  // As the configurations have it: null, not a word.
  if (key == "rope.scaling" && facts.rope.scaling == "default") return absent("the angles are not scaled");
  return field_value(facts, key).value_or(absent("unknown fact"));
}

namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

bool is_listed(const ModelData& data) {
  if (!data.stands_for.empty()) return false;
  if (!data.facts || data.hub.empty() || data.source == data.hub) return true;
  const std::string listed = lower(data.hub.substr(data.hub.rfind('/') + 1));
  const std::string opened = lower(data.facts->id.substr(data.facts->id.rfind('/') + 1));
  return opened.starts_with(listed);
}

Value fact_value(const std::string& key, const ModelData& data) {
  for (const auto& [name, value] : data.role) {
    if (name == key) return value;
  }
  // What a checkpoint says of itself is true of what was measured, whatever the study says of its models.
  if (key == "context_length" && data.facts) return model_value("rope.max_position", *data.facts);
  for (const auto& [name, value] : data.stated_facts) {
    if (name != key) continue;
    return is_listed(data) ? value : absent("the study says it of another model");
  }
  return absent("the experiment states no " + key + " of this model");
}

}  // namespace sg
