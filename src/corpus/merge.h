// A corpus as tasks that are shared out (tasks/work.h), and their parts together.
#pragma once

#include <vector>

#include "corpus/plan.h"
#include "corpus/statistics.h"
#include "tasks/work.h"

namespace sg {

/// One for each of the plan's, in its order.
std::vector<Task> tasks_of(const CorpusPlan& plan);

struct Merged {
  CorpusStatistics statistics;
  std::uint64_t parts = 0;
  std::vector<std::size_t> missing;  // tasks
};
/// The parts of a share of the tasks, which stand side by side, added into one file of sums/; how many. Errors: parts
/// that are missing or damaged; the file cannot be written.
Result<std::uint64_t> sum_share(const TaskFolder& folder, const CorpusPlan& plan, std::uint64_t shard,
                                std::uint64_t shards);

struct MergeOptions {
  bool partial = false;  // parts may be missing
  bool use_sums = true;  // from the files of sum_share, where all of one number of shares are there
  std::size_t threads = 1;
};
/// All parts together; each thread adds up a run of them. Errors: a damaged part; parts that are missing, unless some
/// may be.
Result<Merged> merge(const TaskFolder& folder, const CorpusPlan& plan, const MergeOptions& options);

}  // namespace sg
