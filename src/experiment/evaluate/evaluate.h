// From models' measurements to the outcome: a pure function of the experiment, the data and the run's facts.
#pragma once

#include <atomic>

#include "experiment/evaluate/model_data.h"
#include "experiment/file/experiment.h"

namespace sg {

/// What the outcome says of the run itself.
struct RunFacts {
  std::string started;  // ISO 8601, UTC
  EngineFacts engine;
  bool pocket = false;
  std::vector<std::string> notices;
  bool explore = true;  // false: there are no measurements to vary definitions over
  const std::atomic<bool>* stop = nullptr;
};

/// Columns, values, verdicts with their multiverse, tables, figures and the seed's own keys. Errors: interrupted.
Result<ExperimentResult> evaluate(const Experiment& experiment, const std::vector<ModelData>& models,
                                  const RunFacts& run);

}  // namespace sg
