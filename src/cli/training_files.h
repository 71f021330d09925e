// What lies beside the checkpoints of a training run: metrics.json and prompts.json.
#pragma once

#include "experiment/run/training_run.h"

namespace sg {

/// The checkpoints of a folder, with the numbers of its metrics.json and the prompts of its prompts.json where there
/// are such files. Errors: as of the reading of each; a file that is there and cannot be read.
Result<TrainingRun> read_training_run(const std::filesystem::path& folder);

}  // namespace sg
