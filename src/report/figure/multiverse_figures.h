// The multiverse of a verdict as panels: the specification curve, and the heat map of what every definition concludes
// over every choice of prompts. The curve follows Simonsohn, Simmons and Nelson, "Specification curve analysis",
// Nature Human Behaviour 4 (2020).
#pragma once

#include <vector>

#include "experiment/value/result.h"

namespace sg {

/// "NAME-curve" and "NAME-map". The curve is left out when no universe has a quantity, both when none was evaluated.
std::vector<Figure> multiverse_figures(const ExperimentResult& result, const Verdict& verdict);

/// The result's own figures and those of every verdict.
std::vector<Figure> all_figures(const ExperimentResult& result);

}  // namespace sg
