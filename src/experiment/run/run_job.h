// One model of a run: opened, its prompts read, what the store lacks of it, and its measurement.
#pragma once

#include <memory>
#include <optional>

#include "experiment/run/run.h"
#include "experiment/run/run_record.h"
#include "measure/measure.h"
#include "spectra/weights.h"

namespace sg {

/// Prompts whose rows the store lacks as if in one precision, each ids once.
struct MissingRows {
  RowKey key;
  Precision precision = Precision::kFloat32;
  std::vector<Sequence> prompts;
};

struct RunJob {
  Model model;
  RowKey key;  // of the own reading
  std::vector<MissingRows> missing;
  bool weights_missing = false;
  double work = 0;  // tokens times parameters, for the progress bar
};

/// What kept a step from its end: the model's fault, which becomes its row, or the run's, which ends it.
struct RunFailure {
  Error error;
  bool ends_run = false;
};

/// Fills the outcome's facts and prompts. What keeps a model from being read otherwise than the experiment does itself
/// (no chat template, no BOS) is a notice, and it is read without that there. The job is absent when nothing needs to
/// be measured.
struct Prepared {
  ModelOutcome outcome;
  std::unique_ptr<RunJob> job;
  std::optional<RunFailure> failure;
  std::vector<std::string> notices = {};  // of the model, for the report
};
Prepared prepare_model(const Experiment& experiment, const ModelData& data, const RunOptions& options, RowStore& store);

/// Measures the job and puts it. `progress` sees the share of this job.
std::optional<RunFailure> run_job(RunJob& job, const RunOptions& options, const std::function<void(double)>& progress,
                                  RowStore& store);

/// As find_model; a model that the Hub's cache lacks altogether has one short reason, with what fetches it.
Result<std::filesystem::path> find_here(const std::string& model);
/// How a run measures. Its rows hold the last position's logits always: they are shared with experiments that ask for
/// them, and cost little.
MeasureOptions measure_options(const RunOptions& options);
WeightsOptions weights_options(const Tokenizer& tokenizer, const RunOptions& options);
/// Error (resource): these prompts need more memory than the options, or the machine, have.
Result<void> check_memory(const Model& model, const std::vector<Sequence>& prompts, const RunOptions& options);

}  // namespace sg
