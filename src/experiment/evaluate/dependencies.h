// What a value or a column is computed from, so that the multiverse evaluates what its verdicts need and nothing else.
#pragma once

#include <string>
#include <vector>

#include "experiment/evaluate/choice.h"
#include "experiment/file/experiment.h"

namespace sg {

/// Every head of the experiment.
Wanted everything(const Experiment& experiment);
/// What these values, "name.column"s and all they are computed from are called.
Wanted needed_for(const Experiment& experiment, const std::vector<std::string>& names);
/// Of `wanted`, what changes with the definition.
Wanted varying(const Experiment& experiment, const Wanted& wanted);
/// The names that a verdict's label and quantity depend on.
std::vector<std::string> names_of(const VerdictSpec& verdict);

}  // namespace sg
