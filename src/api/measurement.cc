#include "streamgauge/measurement.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "api/state.h"
#include "measure/decomposition.h"
#include "measure/explain.h"
#include "measure/gain.h"
#include "measure/routing_rows.h"
#include "report/data/explain_json.h"
#include "report/data/gains_json.h"
#include "report/data/heads_data.h"
#include "report/data/measurement_json.h"
#include "report/explorer/explorer_page.h"

namespace streamgauge {
namespace {

Error outside(const char* what, std::size_t got, std::size_t count) {
  return {.kind = ErrorKind::kUsage,
          .what = fmt::format("there is no such {}", what),
          .expected = fmt::format("one of {}, from 0", count),
          .got = fmt::format("{}", got)};
}

/// By layer, head and token. Layers of fewer heads than the first end in NaN.
std::vector<double> stacked(const sg::SequenceHeads& s, sg::LayerTable sg::LayerHeads::*table, std::size_t heads,
                            std::size_t tokens) {
  std::vector<double> all;
  for (const sg::LayerHeads& layer : s.layers) {
    const sg::LayerTable& values = layer.*table;
    for (std::size_t h = 0; h < heads; ++h) {
      for (std::size_t t = 0; t < tokens; ++t) all.push_back(h < values.layers ? values.at(h, t) : std::nan(""));
    }
  }
  return all;
}

}  // namespace

Result<Gain> Measurement::gain(std::string_view definition) const {
  SG_TRY(const sg::Definition found, sg::find_definition(definition));
  const sg::PooledGain pooled = sg::evaluate(found, *rows_);
  return Gain{.definition = found.id(),
              .value = pooled.gain.value,
              .reason = pooled.gain.reason,
              .spread = pooled.spread,
              .used = pooled.used,
              .prompts = pooled.prompts};
}

Result<std::vector<std::vector<std::optional<double>>>> Measurement::ladder(std::string_view reduction) const {
  std::vector<std::string_view> known;
  for (const sg::Reduction candidate : sg::kReductions) {
    known.push_back(sg::name(candidate));
    if (known.back() != reduction) continue;
    std::vector<std::vector<std::optional<double>>> out;
    for (const std::vector<sg::Gain>& layer : sg::ladder(*rows_, candidate)) {
      out.emplace_back();
      for (const sg::Gain& gain : layer) out.back().push_back(gain.gain.value);
    }
    return out;
  }
  return Error{.kind = ErrorKind::kUsage,
               .what = "unknown reduction",
               .expected = fmt::format("one of {}", fmt::join(known, ", ")),
               .got = "'" + std::string(reduction) + "'"};
}

Result<Growth> Measurement::growth(std::size_t sequence, std::size_t layer, std::size_t token) const {
  if (sequence >= sequences().size()) return outside("prompt", sequence, sequences().size());
  const SequenceMeasurement& s = sequences()[sequence];
  if (layer >= model().n_layers) return outside("layer", layer, model().n_layers);
  if (token >= s.sequence.ids.size()) return outside("token", token, s.sequence.ids.size());
  const sg::BlockGrowth g = sg::block_growth(s, layer, token);
  return Growth{
      .attention = g.attention, .mlp = g.mlp, .cross = g.cross, .cos_attention = g.cos_attention, .cos_mlp = g.cos_mlp};
}

std::vector<ExpertLoad> Measurement::expert_load() const { return sg::expert_loads(*rows_); }

std::vector<SuperExpert> Measurement::super_experts() const { return sg::super_experts(*rows_); }

Result<HeadTables> Measurement::heads(std::size_t sequence) const {
  if (sequence >= sequences().size()) return outside("prompt", sequence, sequences().size());
  if (!beside_ || beside_->heads.empty()) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = "the measurement has no heads",
                 .expected = "one that was made with heads (measure(..., heads=True), measure --heads)"};
  }
  const sg::SequenceHeads& s = beside_->heads[sequence];
  HeadTables out = {.tokens = sequences()[sequence].sequence.ids.size()};
  for (const sg::LayerHeads& layer : s.layers) {
    out.layers.push_back(layer.layer);
    out.heads = std::max(out.heads, layer.entropy.layers);
  }
  out.contribution = stacked(s, &sg::LayerHeads::contribution, out.heads, out.tokens);
  out.first_token_mass = stacked(s, &sg::LayerHeads::first_token_mass, out.heads, out.tokens);
  out.massive_token_mass = stacked(s, &sg::LayerHeads::massive_mass, out.heads, out.tokens);
  out.entropy = stacked(s, &sg::LayerHeads::entropy, out.heads, out.tokens);
  out.sum_max_relative_error = s.sum_error;
  return out;
}

Result<std::string> Measurement::writers_json() const {
  if (!beside_ || beside_->writers.empty()) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = "the measurement was not asked who writes a channel",
                 .expected = "one that was made with writers, as \"11:507:0\""};
  }
  return sg::json_text(sg::writers_json(beside_->writers));
}

Result<std::string> Measurement::explain_json(const std::string& definition, const std::string& layers) const {
  sg::ExplainQuestion question;
  if (!definition.empty()) {
    SG_TRY(question.definition, sg::find_definition(definition));
  }
  if (!layers.empty()) {
    SG_TRY(question.blocks, sg::parse_blocks(layers, "layers"));
  }
  SG_TRY(const sg::Explanation why, sg::explain(question, {{{}, rows_.get()}}));
  return sg::json_text(sg::explanation_json(why, {}));
}

Result<std::string> Measurement::gains_json(const std::string& definition) const {
  SG_TRY(const sg::Json json, sg::gains_json(*rows_, definition));
  return sg::json_text(json);
}

Result<std::string> Measurement::explorer_html(const std::vector<Measurement>& beside) const {
  std::vector<const MeasurementRows*> shown = {rows_.get()};
  for (const Measurement& other : beside) shown.push_back(&other.rows());
  sg::ExplorerOptions options;
  if (beside_) options.heads = beside_->heads;
  if (beside_ && !beside_->bytes.empty()) {
    options.token_bytes = [&bytes = beside_->bytes](std::int32_t id) {
      const auto found = bytes.find(id);
      return found == bytes.end() ? std::string() : found->second;
    };
  }
  return sg::explorer_html(shown, options);
}

Result<Measurement> Measurement::read(std::string_view json, std::string_view where) {
  SG_TRY(MeasurementRows rows, sg::read_measurement(json, where));
  auto beside = std::make_shared<Beside>();
  SG_TRY(beside->heads, sg::read_heads(json, where));
  SG_TRY(beside->writers, sg::read_writers(json, where));
  return Measurement(std::move(rows), std::move(beside));
}

std::string Measurement::json() const {
  sg::Json document = sg::measurement_json(*rows_);
  if (beside_ && !beside_->heads.empty()) sg::add_heads(document, beside_->heads);
  if (beside_ && !beside_->writers.empty()) sg::add_writers(document, beside_->writers);
  return sg::json_text(document);
}

std::vector<std::string> definitions() {
  std::vector<std::string> names;
  for (const sg::Preset& preset : sg::presets()) names.emplace_back(preset.name);
  for (const sg::Definition& definition : sg::all_definitions()) names.push_back(definition.id());
  return names;
}

}  // namespace streamgauge
