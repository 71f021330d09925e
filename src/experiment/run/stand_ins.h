// Models in the place of the file's: the pocket zoo's, or the checkpoints of one training run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "experiment/run/roles.h"

namespace sg {

struct StandIns {
  std::vector<KeyedModel> models;
  std::vector<std::string> notices;  // what a reader must know of the choice
};

/// The zoo's model for each of the file's; those that have none are left out with a notice. Errors (usage): the file
/// names no stand-in at all.
Result<StandIns> stand_ins(const Experiment& experiment, const std::filesystem::path& zoo);

/// The checkpoints of the folder become the models of the experiment (training_run.h). Errors: those of
/// read_training_run; (usage) an experiment that compares models by name.
Result<StandIns> stand_in_checkpoints(Experiment& experiment, const std::filesystem::path& folder);

/// The pocket zoo's training run where the file names one, else its stand-ins. Errors: no zoo; those of both.
Result<StandIns> stand_in_zoo(Experiment& experiment);

}  // namespace sg
