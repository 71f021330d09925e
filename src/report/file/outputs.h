// Where a command writes its documents, and what it must not write over.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace sg {

/// A file that a flag names; empty: the flag was not given. "-": standard output.
struct Output {
  std::string flag;
  std::filesystem::path file;
};

/// Errors (usage): two of them in one place.
Result<void> check_outputs(const std::vector<Output>& outputs);

/// Errors (usage): an output that is one of the files that are read, by whatever name, link or hard link.
Result<void> spare_inputs(const std::vector<Output>& outputs, const std::vector<std::filesystem::path>& inputs);

/// What a report writes into its folder, beside the figures.
std::vector<Output> outputs_of_report(const std::filesystem::path& folder);

}  // namespace sg
