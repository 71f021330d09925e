#include "report/data/measurement_sequence.h"

#include <algorithm>

#include "report/data/json_fields.h"

namespace sg {
namespace {

struct Shape {
  std::size_t layers, tokens;
};

Result<void> set_row(const JsonReader& from, const char* key, Shape shape, std::vector<double>& field) {
  const auto value = from.find(key);
  if (!value) return {};
  SG_TRY(field, value->numbers());
  if (field.size() != shape.tokens) return value->wrong(std::to_string(shape.tokens) + " numbers, one per token");
  return {};
}

Result<void> set_table(const JsonReader& from, const char* key, Shape shape, LayerTable& field) {
  const auto value = from.find(key);
  if (!value) return {};
  SG_TRY(const std::vector<JsonReader> rows, value->items());
  if (rows.size() != shape.layers) return value->wrong(std::to_string(shape.layers) + " rows, one per layer");
  LayerTable table(shape.layers, shape.tokens);
  for (std::size_t l = 0; l < rows.size(); ++l) {
    SG_TRY(const std::vector<double> row, rows[l].numbers());
    if (row.size() != shape.tokens) return rows[l].wrong(std::to_string(shape.tokens) + " numbers, one per token");
    std::copy(row.begin(), row.end(), table.row(l));
  }
  field = std::move(table);
  return {};
}

Result<SiteNorms> read_norms(const JsonReader& from, Shape shape) {
  SiteNorms n;
  SG_TRY_VOID(set_row(from, "embed", shape, n.embed));
  SG_TRY_VOID(set_table(from, "resid_pre", shape, n.resid_pre));
  SG_TRY_VOID(set_table(from, "attn_out", shape, n.attn_out));
  SG_TRY_VOID(set_table(from, "resid_mid", shape, n.resid_mid));
  SG_TRY_VOID(set_table(from, "mlp_out", shape, n.mlp_out));
  SG_TRY_VOID(set_table(from, "resid_post", shape, n.resid_post));
  SG_TRY_VOID(set_row(from, "ln_final", shape, n.ln_final));
  return n;
}

Result<SiteDots> read_dots(const JsonReader& from, Shape shape) {
  SiteDots d;
  SG_TRY_VOID(set_table(from, "pre_attn", shape, d.pre_attn));
  SG_TRY_VOID(set_table(from, "mid_mlp", shape, d.mid_mlp));
  SG_TRY_VOID(set_table(from, "pre_mlp", shape, d.pre_mlp));
  SG_TRY_VOID(set_table(from, "attn_mlp", shape, d.attn_mlp));
  return d;
}

Result<TopToken> read_top_token(const JsonReader& from) {
  TopToken t;
  SG_TRY_VOID(set(from, "id", t.id));
  SG_TRY_VOID(set(from, "token", t.token));
  SG_TRY_VOID(set(from, "prob", t.prob));
  return t;
}

/// What the output distribution and the lens have in common.
Result<LogitStats> read_distribution(const JsonReader& from, Shape shape) {
  LogitStats s;
  SG_TRY_VOID(set(from, "position", s.position));
  if (s.position >= shape.tokens) return from.wrong("a position of this sequence");
  SG_TRY_VOID(set(from, "entropy", s.entropy));
  SG_TRY_VOID(set(from, "effective_vocab", s.effective_vocab));
  SG_TRY_VOID(set(from, "top10_prob_mass", s.top10_prob_mass));
  SG_TRY(const JsonReader top, from.at("top"));
  SG_TRY_VOID(set_items(top, read_top_token, s.top));
  return s;
}

Result<LogitStats> read_logits(const JsonReader& from, Shape shape) {
  SG_TRY(LogitStats s, read_distribution(from, shape));
  SG_TRY_VOID(set(from, "mean", s.mean));
  SG_TRY_VOID(set(from, "std", s.std));
  SG_TRY_VOID(set(from, "max", s.max));
  SG_TRY_VOID(set(from, "min", s.min));
  return s;
}

Result<LensRow> read_lens_row(const JsonReader& from, Shape shape) {
  LensRow row;
  SG_TRY_VOID(set(from, "layer", row.layer));
  if (row.layer >= shape.layers) return from.wrong("a layer of this model");
  SG_TRY(row.stats, read_distribution(from, shape));
  return row;
}

Result<Massive> read_massive(const JsonReader& from, Shape shape) {
  Massive m;
  SG_TRY_VOID(set(from, "layer", m.layer));
  SG_TRY_VOID(set(from, "token", m.token));
  SG_TRY_VOID(set(from, "channel", m.channel));
  SG_TRY_VOID(set(from, "value", m.value));
  SG_TRY_VOID(set(from, "median", m.median));
  if (m.token >= shape.tokens || m.layer >= shape.layers) return from.wrong("a token and a layer of this sequence");
  return m;
}

Result<FirstTokenShare> read_first_token_share(const JsonReader& from, Shape shape) {
  FirstTokenShare share;
  using Field = std::pair<const char*, std::vector<double>*>;
  for (const auto& [key, field] : {Field{"of_mean", &share.of_mean}, Field{"of_frobenius", &share.of_frobenius}}) {
    SG_TRY(const JsonReader values, from.at(key));
    SG_TRY(*field, values.numbers());
    if (field->size() != shape.layers) return values.wrong(std::to_string(shape.layers) + " numbers, one per layer");
  }
  return share;
}

Result<Sequence> read_sequence_facts(const JsonReader& from) {
  Sequence s;
  if (const auto text = from.find("text")) {
    SG_TRY(s.text, text->string());
  }
  if (const auto category = from.find("category")) {
    SG_TRY(s.category, category->string());
  }
  SG_TRY(const JsonReader ids, from.at("ids"));
  SG_TRY(const std::vector<JsonReader> id_items, ids.items());
  if (id_items.empty()) return ids.wrong("at least one id");
  for (const JsonReader& item : id_items) {
    SG_TRY(const std::int64_t id, item.integer());
    if (id < 0 || id > INT32_MAX) return item.wrong("an id from 0 to 2147483647");
    s.ids.push_back(static_cast<std::int32_t>(id));
  }
  SG_TRY(const JsonReader tokens, from.at("tokens"));
  SG_TRY(const std::vector<JsonReader> token_items, tokens.items());
  if (token_items.size() != s.ids.size()) return tokens.wrong("one text per id");
  for (const JsonReader& item : token_items) {
    SG_TRY(std::string token, item.string());
    s.tokens.push_back(std::move(token));
  }
  return s;
}

/// Parts that a measurement may lack, by choice or because an older version wrote it.
Result<void> read_optional_parts(const JsonReader& from, Shape shape, SequenceMeasurement& m) {
  const auto massive = [&](const JsonReader& item) { return read_massive(item, shape); };
  if (const auto logits = from.find("logits")) {
    SG_TRY_VOID(set_items(
        *logits, [&](const JsonReader& item) { return read_logits(item, shape); }, m.logits));
  }
  if (const auto largest = from.find("massive")) {
    SG_TRY_VOID(set_items(*largest, massive, m.massive));
  }
  if (const auto share = from.find("first_token_share")) {
    SG_TRY(m.first_token_share, read_first_token_share(*share, shape));
  }
  if (const auto over = from.find("massive_values")) {
    SG_TRY_VOID(set(*over, "multiple_of_median", m.massive_multiple));
    SG_TRY(const JsonReader values, over->at("values"));
    SG_TRY_VOID(set_items(values, massive, m.massive_values));
  }
  if (const auto lens = from.find("lens")) {
    SG_TRY_VOID(set_items(
        *lens, [&](const JsonReader& item) { return read_lens_row(item, shape); }, m.lens));
  }
  if (const auto checks = from.find("checks")) {
    if (const auto error = checks->find("identity_max_relative_error")) {
      SG_TRY(m.identity_error, error->number());
    }
  }
  return {};
}

}  // namespace

Result<SequenceMeasurement> read_sequence(const JsonReader& from, std::size_t layers) {
  SequenceMeasurement m;
  SG_TRY(m.sequence, read_sequence_facts(from));
  const Shape shape = {layers, m.sequence.ids.size()};
  SG_TRY(const JsonReader norms, from.at("norms"));
  SG_TRY(m.norms, read_norms(norms, shape));
  if (const auto dots = from.find("dots")) {
    SG_TRY(m.dots, read_dots(*dots, shape));
  }
  SG_TRY_VOID(read_optional_parts(from, shape, m));
  return m;
}

}  // namespace sg
