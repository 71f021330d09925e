#include "report/data/explain_json.h"

#include <algorithm>

namespace sg {
namespace {

Json network_json(const NetworkWrites& n) {
  Json json = {{"network", n.network}};
  if (n.expert) json["expert"] = *n.expert;
  json.update({{"value", n.value}, {"bias", n.bias}, {"neurons", n.neurons}});
  return json;
}

Json writers_json(const Writers& w) {
  return {{"layer", w.layer},
          {"channel", w.channel},
          {"token", w.token},
          {"resid_pre", w.resid_pre},
          {"attn_out",
           {{"value", w.attn_out},
            {"heads", w.heads.empty() ? Json(nullptr) : Json(w.heads)},
            {"bias", w.attention_bias},
            {"other", w.other}}},
          {"mlp_out", {{"value", w.mlp_out}, {"networks", json_list(w.networks, network_json)}, {"bias", w.mlp_bias}}},
          {"resid_post", w.resid_post},
          {"sum_max_relative_error", w.sum_error}};
}

Json list_json(std::span<const Writers> writers) {
  return json_list(writers, [](const Writers& w) { return writers_json(w); });
}

Json turning_json(const Turning& turning) {
  const auto choice_json = [](const ChoiceChange& c) {
    return Json{{"choice", c.choice}, {"from", c.from}, {"to", c.to}};
  };
  return {{"choices", json_list(turning.changes, choice_json)}, {"gain", turning.gain}};
}

Json token_json(const CarryingToken& t) {
  return {{"sequence", t.sequence},
          {"token", t.token},
          {"numerator_norm", t.numerator_norm},
          {"denominator_norm", t.denominator_norm},
          {"numerator_share", t.numerator_share},
          {"denominator_share", t.denominator_share}};
}

Json channel_json(const CarryingChannel& c) {
  return {{"sequence", c.sequence}, {"token", c.token}, {"layer", c.layer},
          {"channel", c.channel},   {"value", c.value}, {"share", c.share}};
}

}  // namespace

Json explanation_json(const Explanation& e, std::span<const Writers> writers) {
  const Definition& d = e.question.definition;
  Json json = {{"definition", d.id()}};
  json["blocks"] = e.question.blocks ? Json{e.question.blocks->first, e.question.blocks->last} : Json(nullptr);
  json["numerator"] = show(e.ends.numerator);
  json["denominator"] = show(e.ends.denominator);
  json["gain"] = e.gain.value;
  if (!e.gain.ok()) json["reason"] = e.gain.reason;
  json["verdict"] = e.verdict.empty() ? Json(nullptr) : Json(e.verdict);
  json.update({{"choices", e.choices}, {"evaluated", e.evaluated}, {"agreeing", e.agreeing}, {"changes", e.changes}});
  json["turning"] = json_list(e.turning, turning_json);
  json["reduction"] = e.reduction ? Json(std::string(name(*e.reduction))) : Json(nullptr);
  json["gain_with_tokens"] = e.gain_with;
  json["gain_without_tokens"] = e.gain_without;
  json["tokens"] = json_list(e.tokens, token_json);
  json["channels"] = json_list(e.channels, channel_json);
  json["writers_sequence"] = writers.empty() ? Json(nullptr) : Json(e.writers_sequence);
  json["writers"] = list_json(writers);
  return json;
}

Json writers_json(std::span<const std::vector<Writers>> writers) { return json_list(writers, list_json); }

void add_writers(Json& measurement, std::span<const std::vector<Writers>> writers) {
  std::optional<double> largest;
  for (std::size_t s = 0; s < writers.size(); ++s) {
    measurement["sequences"][s]["writers"] = list_json(writers[s]);
    for (const Writers& w : writers[s]) {
      if (w.sum_error) largest = std::max(largest.value_or(0), *w.sum_error);
    }
  }
  measurement["checks"]["writers_sum_max_relative_error"] = largest;
}

}  // namespace sg
