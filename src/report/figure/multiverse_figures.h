// The multiverse of a verdict as panels: the specification curve, and the heat map of what every definition concludes
// over every choice of prompts. The curve follows Simonsohn, Simmons and Nelson, "Specification curve analysis",
// Nature Human Behaviour 4 (2020).
#pragma once

#include <vector>

#include "experiment/value/result.h"
#include "report/figure/figure.h"

namespace sg {

/// "NAME-curve" and "NAME-map" of the verdict at that place. The curve is left out when no universe has a quantity,
/// both when none was evaluated.
std::vector<Picture> multiverse_figures(const ExperimentResult& result, std::size_t verdict);

/// The result's own figures and those of every verdict, with distinct stems.
std::vector<Picture> all_figures(const ExperimentResult& result);

}  // namespace sg
