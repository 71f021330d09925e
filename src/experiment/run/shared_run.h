// A run as tasks that are shared out (tasks/work.h): what every model is asked, found out before anything is measured;
// pieces of it measured anywhere; and all of them put into one store, from which the outcome follows as after a run in
// one process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "experiment/run/run.h"
#include "experiment/run/run_record.h"
#include "model/spec.h"
#include "tasks/work.h"

namespace sg {

/// Some prompts of one model, or the statistics of its weights.
struct RunPiece {
  std::string key;                            // of the model's bytes, the numerics and what is measured
  std::size_t model = 0;                      // of the record
  std::size_t begin = 0, end = 0;             // of its prompts, each ids once
  bool weights = false;                       // its matrices instead
  Precision precision = Precision::kFloat32;  // as if in which type; begin and end count the prompts that are asked so
};

struct SharedRun {
  RunRecord record;  // of a run in which nothing was measured yet; models that cannot be have their error
  std::vector<RunPiece> pieces;
  std::vector<Reading> readings = {};  // of the experiment
};

/// Opens every model once, brings those that are not here, and cuts the prompts of each into pieces of about
/// `task_tokens` tokens. The memory of this machine is no limit. Errors: of measure_experiment.
Result<SharedRun> share_run(const Experiment& experiment, const RunOptions& options, std::size_t task_tokens);

/// One for each piece, in order; a model's are one group.
std::vector<Task> tasks_of(const SharedRun& run);

/// plan.json and the record beside it, written when they are not there yet. Errors: another plan stands there.
Result<void> write_shared_run(const TaskFolder& folder, const SharedRun& run);
/// Errors: no plan of a run, a damaged one.
Result<SharedRun> read_shared_run(const TaskFolder& folder);

/// Measures pieces, keeping the model of the last one open. The run outlives it.
class PieceMeasurer {
 public:
  PieceMeasurer(const SharedRun& run, RunOptions options);
  ~PieceMeasurer();
  /// The part. Errors: a model that is not here or not the one of the plan; those of measuring it.
  Result<std::string> run(std::size_t piece);

 private:
  struct Open;
  Result<Open*> model_of(std::size_t model);
  const SharedRun& run_;
  RunOptions options_;
  std::unique_ptr<Open> open_;
};

struct MergedRun {
  std::uint64_t parts = 0, missing = 0;
};
/// Puts all parts and the record into the store. A model with parts that are missing has that, or why they failed, as
/// its error. Errors: a damaged part; parts that are missing, unless `partial`; of the store.
Result<MergedRun> merge_run(const TaskFolder& folder, SharedRun run, bool partial, RowStore& store);

/// SHA-256 over what was measured of every model, in order: equal for equal rows, however they came into the store.
Result<std::string> digest_of_rows(RowStore& store);

}  // namespace sg
