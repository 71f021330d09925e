// analyze: statistics, verdicts and figures of numbers that somebody stored, without any model.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "experiment/evaluate/evaluate.h"
#include "experiment/run/roles.h"

namespace sg {

/// One model's cells as somebody gives them.
struct GivenModel {
  std::string key;
  std::optional<std::string> error;
  GivenCells cells;
};

/// Figures and tables show every model, so a file of more is refused.
inline constexpr std::size_t kMostModels = 2000;

/// What a results file holds, found by the experiment's [results] read backwards; in a file of ours, every column
/// under "streamgauge". Errors: nothing in it is where the experiment keeps its models; one list
/// holds a key twice, or more than kMostModels.
Result<std::vector<GivenModel>> read_results(const Experiment& experiment, const Tree& document,
                                             const std::string& source);

/// Columns that are not given are computed when they follow from those that are, else absent with that reason.
/// Errors: a key given twice.
Result<ExperimentResult> analyze(const Experiment& experiment, std::span<const GivenModel> given, RunFacts run);

}  // namespace sg
