#include "experiment/run/stand_ins.h"

#include "base/usage_error.h"
#include "experiment/run/training_run.h"
#include "io/zoo_folder.h"

namespace sg {

Result<StandIns> stand_ins(const Experiment& e, const std::filesystem::path& zoo) {
  StandIns found;
  for (const ModelEntry& entry : e.models) {
    if (entry.zoo.empty()) {
      found.notices.push_back(entry.label + " has no stand-in in the pocket zoo and is left out.");
    } else {
      found.models.push_back({.key = entry.key, .model = (zoo / entry.zoo).string(), .label = entry.zoo});
    }
  }
  if (!found.models.empty()) return found;
  return usage_error({.what = "no model of the experiment has a stand-in in the pocket zoo",
                      .where = e.id,
                      .expected = "zoo = \"NAME\" in [[models]]",
                      .hint = "Name models with --model KEY=MODEL"});
}

Result<StandIns> stand_in_checkpoints(Experiment& e, const std::filesystem::path& folder) {
  if (e.roles) {
    return usage_error({.what = e.id + " compares named models, not the checkpoints of a run",
                        .hint = "Use training-dynamics, or an experiment of your own"});
  }
  SG_TRY(const TrainingRun run, read_training_run(folder));
  StandIns found = {.models = keyed_models(run), .notices = use_training_run(run, e)};
  found.notices.push_back("The models are the " + std::to_string(run.steps.size()) + " checkpoints of " + run.name +
                          ".");
  return found;
}

Result<StandIns> stand_in_zoo(Experiment& e) {
  SG_TRY(const std::filesystem::path zoo, zoo_folder());
  return e.zoo_run.empty() ? stand_ins(e, zoo) : stand_in_checkpoints(e, zoo / e.zoo_run);
}

}  // namespace sg
