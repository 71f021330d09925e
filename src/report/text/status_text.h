// How the tasks of a plan stand, as a person reads it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "measure/forecast.h"
#include "tasks/work.h"

namespace sg {

/// Counts, then a line for every task that failed, or is held by somebody.
std::string status_text(const std::vector<TaskStatus>& tasks);

struct WorkCost {
  std::uint64_t tokens = 0, tasks = 0;
  double flops = 0;           // of all tasks; multiply-adds count two
  std::uint64_t weights = 0;  // bytes that a worker reads who does them all
  Pace pace;                  // of this machine
};

/// Two lines: what there is to compute, and how long it takes here and on more machines of the kind.
std::string cost_text(const WorkCost& cost);

}  // namespace sg
