// The experiments that are part of the program (experiments/*.toml).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "experiment/file/experiment.h"

namespace sg {

/// A file's name without .toml, and its text, which lives as long as the program.
struct BuiltinExperiment {
  std::string_view name, text;
};
/// In alphabetical order.
std::vector<BuiltinExperiment> builtin_experiments();

/// The text of a built-in experiment, or of a file. Errors: a name that is neither (usage); a file, "x.toml" or with a
/// folder, that is not there or cannot be read.
struct ExperimentText {
  std::string text, file;  // file: how errors call it
};
Result<ExperimentText> find_experiment(const std::string& name_or_file);

}  // namespace sg
