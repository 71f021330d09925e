#include "report/data/gains_json.h"

#include <algorithm>

#include "measure/pooled.h"
#include "report/data/row_json.h"

namespace sg {
namespace {

Json preset_name(const Definition& definition) {
  for (const Preset& p : presets()) {
    if (p.definition == definition) return Json(std::string(p.name));
  }
  return nullptr;
}

Json pooled_json(const PooledRow& row) {
  Json j = {{"gain", row.pooled.gain.value}};
  if (!row.pooled.gain.ok()) j["reason"] = row.pooled.gain.reason;
  j["std"] = row.pooled.spread;
  j["interval"] = row.interval ? Json{row.interval->low, row.interval->high} : Json(nullptr);
  j["used"] = row.pooled.used;
  j["prompts"] = row.pooled.prompts;
  return j;
}

Json definition_json(const Definition& definition, const Measurement& m) {
  Json j = {{"id", definition.id()},
            {"preset", preset_name(definition)},
            {"reduction", name(definition.reduction)},
            {"span", name(definition.span)},
            {"pooling", name(definition.pooling)}};
  const PooledRow all = pooled_row(definition, m, std::nullopt, m.sequences.size() > 1);
  const Json pooled = pooled_json(all);  // named, so that it outlives the loop
  for (const auto& [key, value] : pooled.items()) j[key] = value;
  Json per_prompt = Json::array();
  for (const SequenceMeasurement& s : m.sequences) {
    const Gain gain = gain_over(s, m.model.n_layers, definition.reduction, definition.span);
    per_prompt.push_back(gain.gain.value);
  }
  j["per_prompt"] = std::move(per_prompt);
  return j;
}

/// {reduction: [layer] mean over the prompts}
Json ladder_json(const Measurement& m) {
  Json j = Json::object();
  for (const Reduction r : kReductions) {
    Json rungs = Json::array();
    for (const auto& gains : ladder(m, r)) {
      rungs.push_back(pool(Pooling::kMeanOfGains, gains).gain.value);
    }
    j[std::string(name(r))] = std::move(rungs);
  }
  return j;
}

}  // namespace

Result<Json> gains_json(const Measurement& m, const std::string& definition) {
  std::vector<Definition> wanted = all_definitions();
  if (!definition.empty() && definition != "all") {
    SG_TRY(const Definition one, find_definition(definition));
    wanted = {one};
  }
  Json definitions = Json::array();
  for (const Definition& d : wanted) definitions.push_back(definition_json(d, m));
  Json engine = row_json(m.engine);
  for (const char* key : {"isa", "threads"}) engine.erase(key);  // on which no gain depends
  return Json{{"schema", "streamgauge.gains/1"}, {"engine", std::move(engine)},
              {"model", row_json(m.model)},      {"prompts", m.sequences.size()},
              {"ladder", ladder_json(m)},        {"definitions", std::move(definitions)}};
}

}  // namespace sg
