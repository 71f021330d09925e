#include "report/data/measurement_json.h"

#include <algorithm>

namespace sg {
namespace {

Json rope_json(const ModelFacts::Rope& rope) {
  Json j = {{"theta", nullptr}, {"scaling", nullptr}, {"max_position", nullptr}, {"rotary_pct", nullptr}};
  if (rope.max_position > 0) j["max_position"] = rope.max_position;
  if (!rope.present) return j;
  j["theta"] = rope.theta;
  j["scaling"] = rope.scaling;
  j["rotary_pct"] = rope.rotary_pct;
  j["factor"] = rope.factor;
  if (rope.original_max_position > 0) j["original_max_position"] = rope.original_max_position;
  return j;
}

Json table_json(const LayerTable& table) {
  Json rows = Json::array();
  for (std::size_t l = 0; l < table.layers; ++l) {
    rows.push_back(std::vector<double>(table.row(l), table.row(l) + table.tokens));
  }
  return rows;
}

void add_table(Json& object, const char* key, const LayerTable& table) {
  if (!table.empty()) object[key] = table_json(table);
}

void add_row(Json& object, const char* key, const std::vector<double>& row) {
  if (!row.empty()) object[key] = row;
}

Json norms_json(const SiteNorms& n) {
  Json j = Json::object();
  add_row(j, "embed", n.embed);
  add_table(j, "resid_pre", n.resid_pre);
  add_table(j, "attn_out", n.attn_out);
  add_table(j, "resid_mid", n.resid_mid);
  add_table(j, "mlp_out", n.mlp_out);
  add_table(j, "resid_post", n.resid_post);
  add_row(j, "ln_final", n.ln_final);
  return j;
}

Json dots_json(const SiteDots& d) {
  Json j = Json::object();
  add_table(j, "pre_attn", d.pre_attn);
  add_table(j, "mid_mlp", d.mid_mlp);
  add_table(j, "pre_mlp", d.pre_mlp);
  add_table(j, "attn_mlp", d.attn_mlp);
  return j;
}

Json logits_json(const LogitStats& s) {
  Json top = Json::array();
  for (const TopToken& t : s.top) top.push_back({{"id", t.id}, {"token", t.token}, {"prob", t.prob}});
  return {{"position", s.position},
          {"mean", s.mean},
          {"std", s.std},
          {"max", s.max},
          {"min", s.min},
          {"range", s.range()},
          {"entropy", s.entropy},
          {"effective_vocab", s.effective_vocab},
          {"top10_prob_mass", s.top10_prob_mass},
          {"top", std::move(top)}};
}

Json massive_json(const Massive& m) {
  return {{"layer", m.layer}, {"token", m.token},   {"channel", m.channel},
          {"value", m.value}, {"median", m.median}, {"ratio", m.ratio()}};
}

Json number_or_null(const std::optional<double>& x) { return x ? Json(*x) : Json(nullptr); }
Json text_or_null(const std::optional<std::string>& x) { return x ? Json(*x) : Json(nullptr); }

Json lens_json(const LensRow& row) {
  const LogitStats& s = row.stats;
  Json j = {{"layer", row.layer},
            {"position", s.position},
            {"entropy", s.entropy},
            {"effective_vocab", s.effective_vocab},
            {"top10_prob_mass", s.top10_prob_mass},
            {"top", Json::array()}};
  for (const TopToken& t : s.top) j["top"].push_back({{"id", t.id}, {"token", t.token}, {"prob", t.prob}});
  return j;
}

/// Keys that later versions of streamgauge.measurement/1 added.
void add_later_keys(Json& j, const SequenceMeasurement& m) {
  if (!m.first_token_share.of_mean.empty()) {
    j["first_token_share"] = {{"of_mean", m.first_token_share.of_mean},
                              {"of_frobenius", m.first_token_share.of_frobenius}};
  }
  if (m.massive_multiple > 0) {
    Json values = Json::array();
    for (const Massive& x : m.massive_values) values.push_back(massive_json(x));
    j["massive_values"] = {{"multiple_of_median", m.massive_multiple}, {"values", std::move(values)}};
  }
  if (m.lens.empty()) return;
  j["lens"] = Json::array();
  for (const LensRow& row : m.lens) j["lens"].push_back(lens_json(row));
}

Json sequence_json(const SequenceMeasurement& m) {
  Json logits = Json::array(), massive = Json::array();
  for (const LogitStats& s : m.logits) logits.push_back(logits_json(s));
  for (const Massive& x : m.massive) massive.push_back(massive_json(x));
  Json j = {{"text", text_or_null(m.sequence.text)},
            {"category", text_or_null(m.sequence.category)},
            {"ids", m.sequence.ids},
            {"tokens", m.sequence.tokens},
            {"norms", norms_json(m.norms)},
            {"dots", dots_json(m.dots)},
            {"logits", std::move(logits)},
            {"massive", std::move(massive)},
            {"checks", {{"identity_max_relative_error", number_or_null(m.identity_error)}}}};
  add_later_keys(j, m);
  return j;
}

std::optional<double> largest_identity_error(const Measurement& measurement) {
  std::optional<double> largest;
  for (const SequenceMeasurement& s : measurement.sequences) {
    if (s.identity_error) largest = std::max(largest.value_or(0.0), *s.identity_error);
  }
  return largest;
}

}  // namespace

Json model_json(const ModelFacts& m) {
  return {{"id", m.id},
          {"path", m.path},
          {"fingerprint", m.fingerprint},
          {"family", m.family},
          {"n_layers", m.n_layers},
          {"d_model", m.d_model},
          {"n_heads", m.n_heads},
          {"n_kv_heads", m.n_kv_heads},
          {"d_head", m.d_head},
          {"vocab_size", m.vocab_size},
          {"norm", m.norm},
          {"mlp", m.mlp},
          {"parallel_residual", m.parallel_residual},
          {"tied_embeddings", m.tied_embeddings},
          {"rope", rope_json(m.rope)},
          {"parameters", m.parameters},
          {"dtype", m.dtype}};
}

Json measurement_json(const Measurement& m) {
  Json sequences = Json::array();
  for (const SequenceMeasurement& s : m.sequences) sequences.push_back(sequence_json(s));
  return {{"schema", kMeasurementSchema},
          {"engine",
           {{"version", m.engine.version},
            {"isa", m.engine.isa},
            {"threads", m.engine.threads},
            {"numerics", m.engine.numerics}}},
          {"model", model_json(m.model)},
          {"sequences", std::move(sequences)},
          {"warnings", m.warnings},
          {"checks", {{"identity_max_relative_error", number_or_null(largest_identity_error(m))}}},
          {"timings", {{"seconds", m.seconds}, {"peak_bytes", m.peak_bytes}}}};
}

}  // namespace sg
