// work, merge and status over the folder of a plan.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "corpus/plan.h"
#include "corpus/statistics.h"

namespace sg {

struct WorkOptions {
  std::uint64_t shard = 0, shards = 1;  // tasks whose number leaves this remainder
  std::chrono::seconds lease{900};      // how long a claim holds that is not renewed
  const std::atomic<bool>* stop = nullptr;
};

/// What became of one worker's turn.
struct WorkDone {
  std::uint64_t computed = 0, there = 0, held = 0, failed = 0;  // tasks; held: by others, who are at work on them
};

using RunTask = std::function<Result<CorpusStatistics>(const CorpusTask& task)>;

/// Does what nobody has done and nobody is doing, until nothing of the kind is left. A task that fails is tried once
/// more by whoever comes next, and then stands in failed/ with its reason. `each` hears of every task.
/// Errors: interrupted, a folder that cannot be written. What was finished stays.
Result<WorkDone> work(const PlanFolder& folder, const CorpusPlan& plan, const WorkOptions& options, const RunTask& run,
                      const std::function<void(const WorkDone& so_far)>& each);

enum class TaskState : std::uint8_t { kToDo, kRunning, kStale, kDone, kFailed };

struct TaskStatus {
  const CorpusTask* task = nullptr;
  TaskState state = TaskState::kToDo;
  std::string said;  // by whom it is held, or why it failed
};
std::vector<TaskStatus> status_of(const PlanFolder& folder, const CorpusPlan& plan, std::chrono::seconds lease);

struct Merged {
  CorpusStatistics statistics;
  std::uint64_t parts = 0;
  std::vector<const CorpusTask*> missing;
};
/// All parts together. Errors: a damaged part; parts that are missing, unless `partial`.
Result<Merged> merge(const PlanFolder& folder, const CorpusPlan& plan, bool partial);

/// Computes a share of the parts again, chosen by their keys, and compares bits. Error: one that differs, by name.
Result<std::uint64_t> verify(const PlanFolder& folder, const CorpusPlan& plan, double share, const RunTask& run);

}  // namespace sg
