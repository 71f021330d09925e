// The checkpoints of one training run as the models of an experiment: one folder with a sub-folder for each, and what
// the run wrote of itself beside them (docs/experiments.md, "Checkpoints of a training run").
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "experiment/file/experiment.h"
#include "experiment/run/roles.h"

namespace sg {

struct TrainingStep {
  std::string name;  // of its folder or file: the model's key
  std::filesystem::path path;
  std::int64_t step = 0;
  std::vector<std::pair<std::string, Value>> facts;  // that metrics.json states of it
};

struct TrainingRun {
  std::string name;                 // of the folder
  std::vector<TrainingStep> steps;  // by step
  std::string prompts_name;         // of prompts.json
  std::vector<Prompt> prompts;      // empty: the experiment's own
};

/// Every sub-folder with a config.json, and every .gguf file, whose name says a step. Errors: no such folder, none in
/// it, two of one step.
Result<TrainingRun> find_training_run(const std::filesystem::path& folder);

/// {"checkpoints": [{"folder" or "step", numbers and texts ...}, ...]}: each entry's values become the facts of its
/// checkpoint. Entries of checkpoints that are not there are left out. Errors name `where` and the entry.
Result<void> add_metrics(TrainingRun& run, const Tree& metrics, const std::string& where);
/// {"name", "categories": {"seen": [texts], ...}}.
Result<void> add_prompts(TrainingRun& run, const Tree& prompts, const std::string& where);

/// The checkpoints of a folder, with the numbers of its metrics.json and the prompts of its prompts.json where there
/// are such files. Errors: as of the reading of each; a file that is there and cannot be read.
Result<TrainingRun> read_training_run(const std::filesystem::path& folder);

/// Makes the run's checkpoints the experiment's models, and its prompts the experiment's unless --set gave others. What
/// a reader must know of it comes back.
std::vector<std::string> use_training_run(const TrainingRun& run, Experiment& experiment);
std::vector<KeyedModel> keyed_models(const TrainingRun& run);

/// The number beside the last word for steps: "step-000100", "pythia-70m-step1000", "global_step100", "checkpoint-500",
/// "iter_0001000", "epoch=1-step=1000", "run1-1000steps"; thousands as "step-50k". What may follow is a number of
/// tokens ("stage1-step1000-tokens4B", "step-50K-105b") and how the weights are stored ("-hf", "-f16", "-Q4_K_M").
/// Absent for any other name, such as one with tokens or epochs alone.
std::optional<std::int64_t> step_of_name(const std::string& name);

}  // namespace sg
