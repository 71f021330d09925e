// The models of an experiment that are not on this machine, fetched before it runs.
#pragma once

#include <string>
#include <vector>

#include "cli/common.h"

namespace sg {

/// Fetches every name of the Hub among `models` that is not here, after one line for each. What cannot be fetched is
/// said and left: its row tells why. Errors: interrupted; more than 100 GB and not `agreed` (usage).
Result<void> fetch_models(const std::vector<std::string>& models, bool agreed, const Common& common);

}  // namespace sg
