// Flags that mean something with other arguments alone.
#pragma once

#include <string>
#include <vector>

#include "cli/common.h"

namespace sg {

/// An error (usage) that names the first flag of the command that was given and is neither one of `taken` (long names),
/// an argument nor one of every command; `what`: why it means nothing here.
Result<void> check_only(const CLI::App& command, const std::vector<std::string>& taken, const std::string& what);

}  // namespace sg
