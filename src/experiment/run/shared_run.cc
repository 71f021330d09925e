#include "experiment/run/shared_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <set>

#include "base/sha.h"
#include "experiment/run/run_pieces.h"
#include "store/row_bytes.h"
#include "tasks/part.h"

namespace sg {
namespace {

/// The types that the readings ask for, the own one first.
std::vector<Precision> precisions_of(const std::vector<Reading>& readings) {
  std::vector<Precision> all;
  for (const Reading& reading : readings) {
    const Precision precision = precision_of(reading);
    if (std::ranges::find(all, precision) == all.end()) all.push_back(precision);
  }
  return all;
}

/// Pieces of one model: runs of its prompts in each type, each ids once, and its matrices where they are wanted.
std::vector<RunPiece> cut(const SharedRun& run, std::size_t model, bool weights, std::size_t task_tokens) {
  std::vector<RunPiece> pieces;
  const auto add = [&](RunPiece piece, const std::vector<Sequence>& prompts) {
    piece.key = key_of_piece(run.record, piece, prompts);
    pieces.push_back(std::move(piece));
  };
  for (const Precision precision : precisions_of(run.readings)) {
    const std::vector<Sequence> prompts = prompts_in(precision, run.record.models[model], run.readings);
    for (std::size_t begin = 0; begin < prompts.size();) {
      std::size_t end = begin, tokens = 0;
      for (; end < prompts.size() && (end == begin || tokens + prompts[end].ids.size() <= task_tokens); ++end)
        tokens += prompts[end].ids.size();
      add({.key = {}, .model = model, .begin = begin, .end = end, .precision = precision}, prompts);
      begin = end;
    }
  }
  if (weights) add({.key = {}, .model = model, .weights = true, .precision = precision_of(run.readings.front())}, {});
  return pieces;
}

}  // namespace

std::vector<Sequence> prompts_in(Precision precision, const ModelOutcome& outcome,
                                 const std::vector<Reading>& readings) {
  std::vector<Sequence> once;
  std::set<std::vector<std::int32_t>> seen;
  const std::size_t count = std::max<std::size_t>(outcome.prompts.size() / readings.size(), 1);
  for (std::size_t i = 0; i < outcome.prompts.size(); ++i) {
    const Sequence& prompt = outcome.prompts[i];
    if (precision_of(readings[i / count]) == precision && seen.insert(prompt.ids).second) once.push_back(prompt);
  }
  return once;
}

std::string key_of_piece(const RunRecord& record, const RunPiece& piece, const std::vector<Sequence>& prompts) {
  const ModelOutcome& outcome = record.models[piece.model];
  std::string about = fmt::format("{} {} {}", outcome.facts ? outcome.facts->fingerprint : "", record.engine.numerics,
                                  piece.weights ? "weights" : "rows");
  if (piece.precision != Precision::kFloat32 && !piece.weights) about.append(" ").append(name(piece.precision));
  // What stands beside the ids is kept with them, so it is part of the part.
  for (std::size_t i = piece.begin; i < piece.end; ++i) about += row_bytes(prompts[i]);
  return sha256_hex(about);
}

Result<SharedRun> share_run(const Experiment& experiment, const RunOptions& options, std::size_t task_tokens) {
  SharedRun run = {.record = {}, .pieces = {}, .readings = experiment.prompt_use.readings};
  RunOptions elsewhere = options;
  elsewhere.memory = std::numeric_limits<std::uint64_t>::max();
  SG_TRY(run.record, prepare_run(experiment, elsewhere));
  for (std::size_t m = 0; m < run.record.models.size(); ++m) {
    if (run.record.models[m].error != kNotMeasuredYet) continue;
    std::vector<RunPiece> pieces = cut(run, m, !experiment.weights.empty(), task_tokens);
    std::move(pieces.begin(), pieces.end(), std::back_inserter(run.pieces));
  }
  return run;
}

std::vector<Task> tasks_of(const SharedRun& run) {
  std::vector<Task> tasks;
  for (const RunPiece& piece : run.pieces) {
    const std::string& model = run.record.models[piece.model].key;
    const std::string type = piece.precision == Precision::kFloat32 ? "" : fmt::format(", {}", name(piece.precision));
    tasks.push_back({.key = piece.key,
                     .what = piece.weights
                                 ? model + ", weights"
                                 : fmt::format("{}, prompts {} to {}{}", model, piece.begin + 1, piece.end, type),
                     .group = model});
  }
  return tasks;
}

Result<MergedRun> merge_run(const TaskFolder& folder, SharedRun run, bool partial, RowStore& store) {
  MergedRun merged;
  std::map<std::size_t, std::string> lacking;  // by model: why
  const std::vector<TaskStatus> tasks = status_of(folder, tasks_of(run), std::chrono::seconds(1));
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (tasks[i].state == TaskState::kDone) {
      ++merged.parts;
      continue;
    }
    ++merged.missing;
    const bool failed = tasks[i].state == TaskState::kFailed;
    lacking.emplace(run.pieces[i].model, failed ? tasks[i].said : "parts of it are missing: " + tasks[i].task.what);
  }
  if (merged.missing > 0 && !partial) return parts_missing(folder, tasks_of(run));
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (tasks[i].state != TaskState::kDone) continue;
    const RunPiece& piece = run.pieces[i];
    const std::filesystem::path file = folder.part(piece.key);
    SG_TRY(const std::string part, read_part(file, piece.key));
    SG_TRY_VOID(put_part(run.record, piece, part, file.string(), store));
    run.record.models[piece.model].error = std::nullopt;
  }
  for (const auto& [model, why] : lacking) run.record.models[model].error = why;
  SG_TRY_VOID(put_record(store, run.record));
  return merged;
}

}  // namespace sg
