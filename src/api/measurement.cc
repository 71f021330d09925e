#include "streamgauge/measurement.h"

#include <fmt/ranges.h>

#include "measure/decomposition.h"
#include "measure/gain.h"
#include "measure/routing_rows.h"
#include "report/data/gains_json.h"
#include "report/data/measurement_json.h"
#include "report/explorer/explorer_page.h"

namespace streamgauge {

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
  const auto outside = [](const char* what, std::size_t got, std::size_t count) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = fmt::format("there is no such {}", what),
                 .expected = fmt::format("one of {}, from 0", count),
                 .got = fmt::format("{}", got)};
  };
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

Result<std::string> Measurement::gains_json(const std::string& definition) const {
  SG_TRY(const sg::Json json, sg::gains_json(*rows_, definition));
  return sg::json_text(json);
}

Result<std::string> Measurement::explorer_html(const std::vector<Measurement>& beside) const {
  std::vector<const MeasurementRows*> shown = {rows_.get()};
  for (const Measurement& other : beside) shown.push_back(&other.rows());
  return sg::explorer_html(shown);
}

Result<Measurement> Measurement::read(std::string_view json, std::string_view where) {
  SG_TRY(MeasurementRows rows, sg::read_measurement(json, where));
  return Measurement(std::move(rows));
}

std::string Measurement::json() const { return sg::json_text(sg::measurement_json(*rows_)); }

std::vector<std::string> definitions() {
  std::vector<std::string> names;
  for (const sg::Preset& preset : sg::presets()) names.emplace_back(preset.name);
  for (const sg::Definition& definition : sg::all_definitions()) names.push_back(definition.id());
  return names;
}

}  // namespace streamgauge
