// One model of a run: opened, its prompts read, what the store lacks of it, and its measurement.
#pragma once

#include <memory>
#include <optional>

#include "experiment/run/run.h"
#include "experiment/run/run_record.h"
#include "measure/measure.h"

namespace sg {

struct RunJob {
  Model model;
  RowKey key;
  std::vector<Sequence> missing;  // prompts whose rows the store lacks, each ids once
  bool weights_missing = false;
  double work = 0;  // tokens times parameters, for the progress bar
};

/// What kept a step from its end: the model's fault, which becomes its row, or the run's, which ends it.
struct RunFailure {
  Error error;
  bool ends_run = false;
};

/// Fills the outcome's facts and prompts. The job is absent when nothing needs to be measured.
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

}  // namespace sg
