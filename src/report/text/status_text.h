// How the tasks of a plan stand, as a person reads it.
#pragma once

#include <string>
#include <vector>

#include "tasks/work.h"

namespace sg {

/// Counts, then a line for every task that failed, or is held by somebody.
std::string status_text(const std::vector<TaskStatus>& tasks);

}  // namespace sg
