// The plan of a shared run as files: plan.json, and the record beside it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json_reader.h"
#include "base/sha.h"
#include "base/text_file.h"
#include "base/whole_file.h"
#include "experiment/file/parse.h"
#include "experiment/run/run_pieces.h"
#include "store/row_bytes.h"
#include "tasks/part.h"

namespace sg {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "streamgauge.run_plan/1";

std::filesystem::path record_file(const TaskFolder& folder) { return folder.root / "run"; }

/// Of what a run depends on: when it was planned, and by how many threads, does not count.
std::string sum_of(RunRecord record) {
  record.started.clear();
  record.engine = {.numerics = record.engine.numerics, .precision = record.engine.precision};
  return sha256_hex(row_bytes(record));
}

std::string plan_text(const SharedRun& run) {
  Json models = Json::array();
  for (const ModelOutcome& outcome : run.record.models) {
    Json model = {{"key", outcome.key}, {"model", outcome.source}};
    model["fingerprint"] = outcome.facts ? Json(outcome.facts->fingerprint) : Json(nullptr);
    models.push_back(std::move(model));
  }
  const Json head = {{"schema", kSchema}, {"record", sum_of(run.record)}, {"models", std::move(models)}};
  std::string text = head.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.pop_back();
  text += ",\"tasks\":[\n";
  for (std::size_t i = 0; i < run.pieces.size(); ++i) {
    const RunPiece& piece = run.pieces[i];
    Json row = {{"key", piece.key}, {"model", piece.model}, {"weights", piece.weights}};
    if (!piece.weights) row.update({{"begin", piece.begin}, {"end", piece.end}});
    if (piece.precision != Precision::kFloat32) row["precision"] = name(piece.precision);
    text += row.dump() + (i + 1 < run.pieces.size() ? ",\n" : "\n");
  }
  return text + "]}\n";
}

Result<RunPiece> read_piece(const JsonReader& json, const RunRecord& record) {
  RunPiece piece;
  SG_TRY(piece.key, json.get<std::string>("key"));
  SG_TRY(const JsonReader model, json.at("model"));
  SG_TRY(piece.model, model.count());
  if (piece.model >= record.models.size() || !record.models[piece.model].facts)
    return model.wrong("a model of the run");
  SG_TRY(piece.weights, json.get<bool>("weights"));
  if (const auto precision = json.find("precision")) {
    SG_TRY(const std::string word, precision->string());
    piece.precision = precision_of(Reading{.special = {}, .chat = {}, .precision = word});
  }
  if (piece.weights) return piece;
  SG_TRY(piece.begin, json.get<std::uint64_t>("begin"));
  SG_TRY(piece.end, json.get<std::uint64_t>("end"));
  const std::size_t prompts = record.models[piece.model].prompts.size();
  if (piece.begin >= piece.end || piece.end > prompts) return json.wrong("prompts that the model has");
  return piece;
}

Error damaged(const std::filesystem::path& file) {
  return {.what = "is not the record of this plan",
          .where = file.string(),
          .hint = "plan the run again, into another folder"};
}

/// The keys say what a piece is, so that a plan that was edited is found out.
Result<void> check_keys(const SharedRun& run, const std::filesystem::path& file) {
  const RunPiece* before = nullptr;
  std::vector<Sequence> prompts;
  for (const RunPiece& piece : run.pieces) {
    if (before == nullptr || before->model != piece.model || before->precision != piece.precision)
      prompts = prompts_in(piece.precision, run.record.models[piece.model], run.readings);
    before = &piece;
    if (piece.end > prompts.size() || key_of_piece(run.record, piece, prompts) != piece.key) return damaged(file);
  }
  return {};
}

}  // namespace

Result<void> write_shared_run(const TaskFolder& folder, const SharedRun& run) {
  const std::string text = plan_text(run);
  SG_TRY(const bool stands, has_plan(folder, text));
  if (stands) return {};
  SG_TRY_VOID(write_part(record_file(folder), sum_of(run.record), row_bytes(run.record)));
  SG_TRY(WholeFile whole, WholeFile::create(folder.plan()));
  SG_TRY_VOID(whole.write(text));
  return whole.finish();
}

Result<SharedRun> read_shared_run(const TaskFolder& folder) {
  SG_TRY(const std::string text, read_text_file(folder.plan().string()));
  JsonDocument document;
  SG_TRY(const JsonReader root, document.parse(text, folder.plan().string()));
  SG_TRY(const JsonReader schema, root.at("schema"));
  SG_TRY(const std::string version, schema.string());
  if (version != kSchema) return schema.wrong(kSchema);
  SG_TRY(const std::string key, root.get<std::string>("record"));
  SG_TRY(const std::string bytes, read_part(record_file(folder), key));
  std::optional<RunRecord> record = row_of_bytes<RunRecord>(bytes);
  if (!record || sum_of(*record) != key) return damaged(record_file(folder));
  SG_TRY(const Experiment e, parse_experiment(record->experiment, "the experiment of the plan", record->overrides));
  SharedRun run = {.record = std::move(*record), .pieces = {}, .readings = e.prompt_use.readings};
  SG_TRY(const JsonReader tasks, root.at("tasks"));
  SG_TRY_VOID(tasks.each_item([&](const JsonReader& item) -> Result<void> {
    SG_TRY(run.pieces.emplace_back(), read_piece(item, run.record));
    return {};
  }));
  SG_TRY_VOID(check_keys(run, folder.plan()));
  return run;
}

}  // namespace sg
