#include <array>

#include "report/json_reader.h"
#include "report/measurement_json.h"

namespace sg {
namespace {

constexpr std::size_t kMostLayers = 1u << 20;  // far above any model; a shape beyond it is a damaged file

// Each assigns one key of `from` to a field, or returns why it cannot.
Result<void> set(const JsonReader& from, const char* key, std::string& field) {
  SG_TRY(const JsonReader value, from.at(key));
  SG_TRY(field, value.string());
  return {};
}

Result<void> set(const JsonReader& from, const char* key, bool& field) {
  SG_TRY(const JsonReader value, from.at(key));
  SG_TRY(field, value.boolean());
  return {};
}

Result<void> set(const JsonReader& from, const char* key, double& field) {
  SG_TRY(const JsonReader value, from.at(key));
  SG_TRY(field, value.number());
  return {};
}

template <class Count>
requires std::is_same_v<Count, std::uint64_t> Result<void> set(const JsonReader& from, const char* key, Count& field) {
  SG_TRY(const JsonReader value, from.at(key));
  SG_TRY(field, value.count());
  return {};
}

Result<void> set(const JsonReader& from, const char* key, int& field) {
  SG_TRY(const JsonReader value, from.at(key));
  SG_TRY(const std::int64_t wide, value.integer());
  if (wide < 0 || wide > INT32_MAX) return value.wrong("an integer from 0 to 2147483647");
  field = static_cast<int>(wide);
  return {};
}

Result<ModelFacts::Rope> read_rope_facts(const JsonReader& from) {
  ModelFacts::Rope rope;
  if (const auto most = from.find("max_position")) {
    SG_TRY(rope.max_position, most->count());
  }
  rope.present = from.find("theta").has_value();
  if (!rope.present) return rope;
  SG_TRY_VOID(set(from, "theta", rope.theta));
  SG_TRY_VOID(set(from, "scaling", rope.scaling));
  SG_TRY_VOID(set(from, "rotary_pct", rope.rotary_pct));
  if (const auto factor = from.find("factor")) {
    SG_TRY(rope.factor, factor->number());
  }
  if (const auto original = from.find("original_max_position")) {
    SG_TRY(rope.original_max_position, original->number());
  }
  return rope;
}

Result<ModelFacts> read_model(const JsonReader& from) {
  ModelFacts m;
  using Text = std::pair<const char*, std::string*>;
  for (const auto& [key, field] :
       {Text{"id", &m.id}, Text{"path", &m.path}, Text{"fingerprint", &m.fingerprint}, Text{"family", &m.family},
        Text{"norm", &m.norm}, Text{"mlp", &m.mlp}, Text{"dtype", &m.dtype}}) {
    SG_TRY_VOID(set(from, key, *field));
  }
  using Size = std::pair<const char*, std::size_t*>;
  for (const auto& [key, field] :
       {Size{"n_layers", &m.n_layers}, Size{"d_model", &m.d_model}, Size{"n_heads", &m.n_heads},
        Size{"n_kv_heads", &m.n_kv_heads}, Size{"d_head", &m.d_head}, Size{"vocab_size", &m.vocab_size},
        Size{"parameters", &m.parameters}}) {
    SG_TRY_VOID(set(from, key, *field));
  }
  SG_TRY_VOID(set(from, "parallel_residual", m.parallel_residual));
  SG_TRY_VOID(set(from, "tied_embeddings", m.tied_embeddings));
  SG_TRY(const JsonReader rope, from.at("rope"));
  SG_TRY(m.rope, read_rope_facts(rope));
  if (m.n_layers == 0 || m.n_layers > kMostLayers) {
    SG_TRY(const JsonReader layers, from.at("n_layers"));
    return layers.wrong("a number of layers from 1 to 1048576");
  }
  return m;
}

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

Result<LogitStats> read_logits(const JsonReader& from) {
  LogitStats s;
  SG_TRY_VOID(set(from, "position", s.position));
  using Field = std::pair<const char*, double*>;
  for (const auto& [key, field] :
       {Field{"mean", &s.mean}, Field{"std", &s.std}, Field{"max", &s.max}, Field{"min", &s.min},
        Field{"entropy", &s.entropy}, Field{"effective_vocab", &s.effective_vocab},
        Field{"top10_prob_mass", &s.top10_prob_mass}}) {
    SG_TRY_VOID(set(from, key, *field));
  }
  SG_TRY(const JsonReader top, from.at("top"));
  SG_TRY(const std::vector<JsonReader> tokens, top.items());
  for (const JsonReader& token : tokens) {
    TopToken t;
    SG_TRY_VOID(set(token, "id", t.id));
    SG_TRY_VOID(set(token, "token", t.token));
    SG_TRY_VOID(set(token, "prob", t.prob));
    s.top.push_back(std::move(t));
  }
  return s;
}

Result<Massive> read_massive(const JsonReader& from) {
  Massive m;
  SG_TRY_VOID(set(from, "layer", m.layer));
  SG_TRY_VOID(set(from, "token", m.token));
  SG_TRY_VOID(set(from, "channel", m.channel));
  SG_TRY_VOID(set(from, "value", m.value));
  SG_TRY_VOID(set(from, "median", m.median));
  return m;
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

Result<SequenceMeasurement> read_sequence(const JsonReader& from, std::size_t layers) {
  SequenceMeasurement m;
  SG_TRY(m.sequence, read_sequence_facts(from));
  const Shape shape = {layers, m.sequence.ids.size()};
  SG_TRY(const JsonReader norms, from.at("norms"));
  SG_TRY(m.norms, read_norms(norms, shape));
  if (const auto dots = from.find("dots")) {
    SG_TRY(m.dots, read_dots(*dots, shape));
  }
  if (const auto logits = from.find("logits")) {
    SG_TRY(const std::vector<JsonReader> positions, logits->items());
    for (const JsonReader& position : positions) {
      SG_TRY(LogitStats stats, read_logits(position));
      m.logits.push_back(std::move(stats));
    }
  }
  if (const auto massive = from.find("massive")) {
    SG_TRY(const std::vector<JsonReader> rows, massive->items());
    for (const JsonReader& row : rows) {
      SG_TRY(const Massive one, read_massive(row));
      if (one.token >= shape.tokens || one.layer >= layers) return row.wrong("a token and a layer of this sequence");
      m.massive.push_back(one);
    }
  }
  if (const auto checks = from.find("checks")) {
    if (const auto error = checks->find("identity_max_relative_error")) {
      SG_TRY(m.identity_error, error->number());
    }
  }
  return m;
}

Result<void> read_timings(const JsonReader& root, Measurement& m) {
  const auto timings = root.find("timings");
  if (!timings) return {};
  SG_TRY_VOID(set(*timings, "seconds", m.seconds));
  return set(*timings, "peak_bytes", m.peak_bytes);
}

Result<void> check_schema(const JsonReader& root, std::string_view where) {
  const auto schema = root.find("schema");
  std::string found = "a document without a schema";
  if (schema && schema->is_string()) {
    SG_TRY(found, schema->string());
  }
  if (found == kMeasurementSchema) return {};
  return Error{.what = "not a measurement of this program",
               .where = std::string(where),
               .expected = "schema " + std::string(kMeasurementSchema),
               .got = found,
               .hint = "streamgauge measure MODEL -p TEXT --json FILE writes one"};
}

}  // namespace

Result<Measurement> read_measurement(std::string_view json, std::string_view where) {
  JsonDocument document;
  SG_TRY(const JsonReader root, document.parse(json, where));
  SG_TRY_VOID(check_schema(root, where));
  Measurement m;
  SG_TRY(const JsonReader engine, root.at("engine"));
  SG_TRY_VOID(set(engine, "version", m.engine.version));
  SG_TRY_VOID(set(engine, "isa", m.engine.isa));
  SG_TRY_VOID(set(engine, "threads", m.engine.threads));
  SG_TRY_VOID(set(engine, "numerics", m.engine.numerics));
  SG_TRY(const JsonReader model, root.at("model"));
  SG_TRY(m.model, read_model(model));
  SG_TRY(const JsonReader sequences, root.at("sequences"));
  SG_TRY(const std::vector<JsonReader> all, sequences.items());
  for (const JsonReader& one : all) {
    SG_TRY(SequenceMeasurement sequence, read_sequence(one, m.model.n_layers));
    m.sequences.push_back(std::move(sequence));
  }
  SG_TRY(const JsonReader warnings, root.at("warnings"));
  SG_TRY(const std::vector<JsonReader> sentences, warnings.items());
  for (const JsonReader& sentence : sentences) {
    SG_TRY(std::string text, sentence.string());
    m.warnings.push_back(std::move(text));
  }
  SG_TRY_VOID(read_timings(root, m));
  return m;
}

}  // namespace sg
