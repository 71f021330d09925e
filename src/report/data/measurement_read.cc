#include "report/data/measurement_json.h"
#include "report/data/row_read.h"

namespace sg {
namespace {

constexpr std::size_t kMostLayers = 1u << 20;  // far above any model; a shape beyond it is a damaged file

Result<void> read_model(const JsonReader& from, ModelFacts& model) {
  SG_TRY_VOID(read_value(from, {}, model));
  if (model.n_layers > 0 && model.n_layers <= kMostLayers) return {};
  SG_TRY(const JsonReader layers, from.at("n_layers"));
  return layers.wrong("a number of layers from 1 to 1048576");
}

Result<void> check_ids(const JsonReader& from, const Sequence& s) {
  if (s.ids.empty()) {
    SG_TRY(const JsonReader ids, from.at("ids"));
    return ids.wrong("at least one id");
  }
  if (s.tokens.size() == s.ids.size()) return {};
  SG_TRY(const JsonReader tokens, from.at("tokens"));
  return tokens.wrong("one text per id");
}

Result<void> read_sequence(const JsonReader& from, std::size_t layers, SequenceMeasurement& m) {
  SG_TRY_VOID(read_value(from, {}, m.sequence));
  if (m.sequence.columns && m.sequence.columns->empty()) m.sequence.columns.reset();  // written for none
  SG_TRY_VOID(check_ids(from, m.sequence));
  const Shape shape = {.layers = layers, .tokens = m.sequence.ids.size(), .list = Shape::List::kPerToken};
  Shape shares = shape;
  shares.list = Shape::List::kPerLayer;
  SG_TRY_VOID(read_at(from, "norms", shape, m.norms));
  SG_TRY_VOID(read_if_there(from, "dots", shape, m.dots));
  SG_TRY_VOID(read_if_there(from, "logits", shape, m.logits));
  SG_TRY_VOID(read_if_there(from, "massive", shape, m.massive));
  SG_TRY_VOID(read_if_there(from, "first_token_share", shares, m.first_token_share));
  if (const auto over = from.find("massive_values")) {
    SG_TRY_VOID(read_at(*over, "multiple_of_median", shape, m.massive_multiple));
    SG_TRY_VOID(read_at(*over, "values", shape, m.massive_values));
  }
  SG_TRY_VOID(read_if_there(from, "lens", shape, m.lens));
  SG_TRY_VOID(read_if_there(from, "routing", shape, m.routing));
  SG_TRY_VOID(read_if_there(from, "targets", shape, m.targets));
  const auto checks = from.find("checks");
  return checks ? read_if_there(*checks, "identity_max_relative_error", shape, m.identity_error) : Result<void>();
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
  SG_TRY_VOID(read_at(root, "engine", {}, m.engine));
  SG_TRY(const JsonReader model, root.at("model"));
  SG_TRY_VOID(read_model(model, m.model));
  SG_TRY(const JsonReader sequences, root.at("sequences"));
  SG_TRY_VOID(sequences.each_item(
      [&](const JsonReader& one) { return read_sequence(one, m.model.n_layers, m.sequences.emplace_back()); }));
  SG_TRY_VOID(read_at(root, "warnings", {}, m.warnings));
  if (const auto timings = root.find("timings")) {
    SG_TRY_VOID(read_at(*timings, "seconds", {}, m.seconds));
    SG_TRY_VOID(read_at(*timings, "peak_bytes", {}, m.peak_bytes));
  }
  return m;
}

}  // namespace sg
