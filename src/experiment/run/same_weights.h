// Models of a run that hold the same bytes: checkpoints that were uploaded twice under different names make a study of
// training a study of nothing, and no number shows it.
#pragma once

#include <string>
#include <vector>

#include "experiment/run/run_record.h"

namespace sg {

/// One notice for each group of models from different places whose content is the same, empty when there is none.
std::vector<std::string> same_weights_notices(const std::vector<ModelOutcome>& models);

}  // namespace sg
