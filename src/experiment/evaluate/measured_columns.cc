#include "experiment/evaluate/measured_columns.h"

#include <algorithm>
#include <cmath>

#include "experiment/value/value.h"
#include "measure/gain_interval.h"

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

std::optional<double> logit_number(const std::string& key, const LogitStats& s) {
  if (key == "mean") return s.mean;
  if (key == "std") return s.std;
  if (key == "max") return s.max;
  if (key == "min") return s.min;
  if (key == "range") return s.range();
  if (key == "entropy") return s.entropy;
  if (key == "effective_vocab") return s.effective_vocab;
  if (key == "top10_prob_mass") return s.top10_prob_mass;
  return std::nullopt;
}

std::optional<double> matrix_number(const std::string& key, const MatrixStatistics& s) {
  if (key == "frobenius_norm") return s.frobenius_norm;
  if (key == "spectral_norm") return s.spectral_norm;
  if (key == "spectral_norm_error") return s.spectral_norm_error;
  if (key == "stable_rank") return s.stable_rank();
  if (key == "mean_row_norm") return s.mean_row_norm;
  if (key == "std_row_norm") return s.std_row_norm;
  if (key == "max_row_norm") return s.max_row_norm;
  if (key == "min_row_norm") return s.min_row_norm;
  if (key == "mean_abs") return s.mean_abs;
  if (key == "std_abs") return s.std_abs;
  if (key == "frobenius_normalized") return s.frobenius_normalized();
  if (key == "spectral_normalized") return s.spectral_normalized();
  if (key == "spectral_per_sqrt_vocab") return s.spectral_per_sqrt_vocab();
  return std::nullopt;
}

Value count(std::uint64_t n) { return static_cast<std::int64_t>(n); }

Value rope_value(const std::string& key, const ModelFacts::Rope& rope) {
  if (key == "rope.max_position") {
    return rope.max_position > 0 ? count(rope.max_position) : absent("the checkpoint states no longest context");
  }
  if (!rope.present) return absent("the model has no rotary positions");
  if (key == "rope.theta") return rope.theta;
  if (key == "rope.scaling") return rope.scaling;
  if (key == "rope.factor") return rope.factor;
  if (key == "rope.rotary_pct") return rope.rotary_pct;
  return rope.original_max_position > 0 ? Value(rope.original_max_position)
                                        : absent("the checkpoint states no original context");
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
    if (const auto number = logit_number(key, s)) return finite(*number, "the output distribution");
  }
  return absent("the output distribution was not measured");
}

Value logits_mean(const std::string& key, const ModelData& data, std::span<const std::size_t> prompts) {
  return value_of(
      mean_over(prompts, [&](std::size_t p) { return number_of(logits_value(key, data.sequences[p]), key); }));
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
  const auto row = std::find_if(report.matrices.begin(), report.matrices.end(),
                                [&](const WeightRow& r) { return r.role == source.role && r.part == "all"; });
  if (row == report.matrices.end()) return absent("the model has no " + source.role);
  if (source.statistic == "shape") {
    return std::vector<std::int64_t>{static_cast<std::int64_t>(row->rows), static_cast<std::int64_t>(row->cols)};
  }
  if (!row->statistics) return absent(source.role + " holds numbers that are not finite");
  const auto number = matrix_number(source.statistic, *row->statistics);
  return number ? finite(*number, source.role + "." + source.statistic) : absent("unknown statistic");
}

Value model_value(const std::string& key, const ModelFacts& f) {
  if (key == "id") return f.id;
  if (key == "family") return f.family;
  if (key == "norm") return f.norm;
  if (key == "mlp") return f.mlp;
  if (key == "dtype") return f.dtype;
  if (key == "n_layers") return count(f.n_layers);
  if (key == "d_model") return count(f.d_model);
  if (key == "n_heads") return count(f.n_heads);
  if (key == "n_kv_heads") return count(f.n_kv_heads);
  if (key == "d_head") return count(f.d_head);
  if (key == "vocab_size") return count(f.vocab_size);
  if (key == "parameters") return count(f.parameters);
  if (key == "parallel_residual") return f.parallel_residual;
  if (key == "tied_embeddings") return f.tied_embeddings;
  return rope_value(key, f.rope);
}

Value fact_value(const std::string& key, const ModelData& data) {
  for (const auto& [name, value] : data.stated_facts) {
    if (name == key) return value;
  }
  return absent("the experiment states no " + key + " of this model");
}

}  // namespace sg
