#include "report/data/explain_json.h"

#include <algorithm>

namespace sg {
namespace {

Json number_or_null(const std::optional<double>& x) { return x ? Json(*x) : Json(nullptr); }

Json network_json(const NetworkWrites& n) {
  Json json = {{"network", n.network}};
  if (n.expert) json["expert"] = *n.expert;
  json.update({{"value", n.value}, {"bias", n.bias}, {"neurons", n.neurons}});
  return json;
}

Json writers_json(const Writers& w) {
  Json networks = Json::array();
  for (const NetworkWrites& n : w.networks) networks.push_back(network_json(n));
  return {{"layer", w.layer},
          {"channel", w.channel},
          {"token", w.token},
          {"resid_pre", w.resid_pre},
          {"attn_out",
           {{"value", w.attn_out},
            {"heads", w.heads.empty() ? Json(nullptr) : Json(w.heads)},
            {"bias", w.attention_bias},
            {"other", number_or_null(w.other)}}},
          {"mlp_out", {{"value", w.mlp_out}, {"networks", std::move(networks)}, {"bias", w.mlp_bias}}},
          {"resid_post", w.resid_post},
          {"sum_max_relative_error", number_or_null(w.sum_error)}};
}

Json list_json(std::span<const Writers> writers) {
  Json list = Json::array();
  for (const Writers& w : writers) list.push_back(writers_json(w));
  return list;
}

Json turning_json(const Turning& turning) {
  Json choices = Json::array();
  for (const ChoiceChange& c : turning.changes)
    choices.push_back({{"choice", c.choice}, {"from", c.from}, {"to", c.to}});
  return {{"choices", std::move(choices)}, {"gain", turning.gain}};
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

template <class Row, class Make>
Json rows_json(const std::vector<Row>& rows, const Make& make) {
  Json list = Json::array();
  for (const Row& row : rows) list.push_back(make(row));
  return list;
}

}  // namespace

Json explanation_json(const Explanation& e, std::span<const Writers> writers) {
  const Definition& d = e.question.definition;
  Json json = {{"definition", d.id()}};
  json["blocks"] = e.question.blocks ? Json{e.question.blocks->first, e.question.blocks->last} : Json(nullptr);
  json["numerator"] = show(e.ends.numerator);
  json["denominator"] = show(e.ends.denominator);
  json["gain"] = number_or_null(e.gain.value);
  if (!e.gain.ok()) json["reason"] = e.gain.reason;
  json["verdict"] = e.verdict.empty() ? Json(nullptr) : Json(e.verdict);
  json.update({{"choices", e.choices}, {"evaluated", e.evaluated}, {"agreeing", e.agreeing}, {"changes", e.changes}});
  json["turning"] = rows_json(e.turning, turning_json);
  json["reduction"] = e.reduction ? Json(std::string(name(*e.reduction))) : Json(nullptr);
  json["gain_with_tokens"] = number_or_null(e.gain_with);
  json["gain_without_tokens"] = number_or_null(e.gain_without);
  json["tokens"] = rows_json(e.tokens, token_json);
  json["channels"] = rows_json(e.channels, channel_json);
  json["writers_sequence"] = writers.empty() ? Json(nullptr) : Json(e.writers_sequence);
  json["writers"] = list_json(writers);
  return json;
}

Json writers_json(std::span<const std::vector<Writers>> writers) {
  Json all = Json::array();
  for (const std::vector<Writers>& of_sequence : writers) all.push_back(list_json(of_sequence));
  return all;
}

void add_writers(Json& measurement, std::span<const std::vector<Writers>> writers) {
  std::optional<double> largest;
  for (std::size_t s = 0; s < writers.size(); ++s) {
    measurement["sequences"][s]["writers"] = list_json(writers[s]);
    for (const Writers& w : writers[s]) {
      if (w.sum_error) largest = std::max(largest.value_or(0), *w.sum_error);
    }
  }
  measurement["checks"]["writers_sum_max_relative_error"] = largest ? Json(*largest) : Json(nullptr);
}

}  // namespace sg
