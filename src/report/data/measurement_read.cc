#include "report/data/json_fields.h"
#include "report/data/measurement_json.h"
#include "report/data/measurement_sequence.h"

namespace sg {
namespace {

constexpr std::size_t kMostLayers = 1u << 20;  // far above any model; a shape beyond it is a damaged file

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
