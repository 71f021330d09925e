#include "streamgauge/measurement.h"

#include "api/convert.h"
#include "measure/gain.h"
#include "report/data/measurement_json.h"

namespace streamgauge {

struct Measurement::Copies {
  ModelFacts model;
  std::vector<Sequence> sequences;
};

Measurement::Measurement(std::shared_ptr<const sg::Measurement> whole) : whole_(std::move(whole)) {
  auto copies = std::make_shared<Copies>();
  copies->model = sg::api::to_public(whole_->model);
  for (const sg::SequenceMeasurement& s : whole_->sequences) copies->sequences.push_back(sg::api::to_public(s));
  copies_ = std::move(copies);
}

const ModelFacts& Measurement::model() const { return copies_->model; }
const std::vector<Sequence>& Measurement::sequences() const { return copies_->sequences; }
const std::vector<std::string>& Measurement::warnings() const { return whole_->warnings; }

Result<Gain> Measurement::gain(std::string_view definition) const {
  const sg::Result<sg::Definition> found = sg::find_definition(definition);
  if (!found.ok()) return sg::api::to_public(found.error());
  const sg::PooledGain pooled = sg::evaluate(found.value(), *whole_);
  return Gain{.definition = found.value().id(),
              .value = pooled.gain.value,
              .reason = pooled.gain.reason,
              .spread = pooled.spread,
              .used = pooled.used,
              .prompts = pooled.prompts};
}

Result<std::vector<std::vector<std::optional<double>>>> Measurement::ladder(std::string_view reduction) const {
  std::string known;
  for (const sg::Reduction candidate : sg::kReductions) {
    known.append(known.empty() ? "" : ", ").append(sg::name(candidate));
    if (sg::name(candidate) != reduction) continue;
    std::vector<std::vector<std::optional<double>>> out;
    for (const std::vector<sg::Gain>& layer : sg::ladder(*whole_, candidate)) {
      out.emplace_back();
      for (const sg::Gain& gain : layer) out.back().push_back(gain.gain.value);
    }
    return out;
  }
  return sg::api::to_public(sg::Error{.kind = sg::ErrorKind::kUsage,
                                      .what = "unknown reduction",
                                      .expected = "one of " + known,
                                      .got = "'" + std::string(reduction) + "'"});
}

std::string Measurement::json() const { return sg::json_text(sg::measurement_json(*whole_)); }

std::vector<std::string> definitions() {
  std::vector<std::string> names;
  for (const sg::Preset& preset : sg::presets()) names.emplace_back(preset.name);
  for (const sg::Definition& definition : sg::all_definitions()) names.push_back(definition.id());
  return names;
}

}  // namespace streamgauge
