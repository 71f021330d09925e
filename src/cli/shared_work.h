// What stands in the folder of a plan, a corpus or a run, as work, merge and status see it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/common.h"
#include "tasks/work.h"

namespace sg {

class SharedWork {
 public:
  virtual ~SharedWork() = default;
  virtual std::vector<Task> tasks() const = 0;
  /// What computes parts, with all that it needs opened; it may be called while this lives. Errors: models that are not
  /// there, or not those of the plan.
  virtual Result<RunTask> computer(const std::string& memory, const Common& common) = 0;
  struct MergeWish {
    bool partial = false;  // parts may be missing
    bool use_sums = true;  // sums of shares stand for their parts
    std::string store;     // the file of a run's store; empty: in the folder
  };
  /// All parts together: results in the folder, what they say printed. The exit code, 1 where parts are missing.
  /// Errors: of the parts; some that are missing; (usage) a store of a corpus.
  virtual Result<int> merge(const MergeWish& wish, const Common& common) = 0;
  /// The parts of a share added into one file, which merge takes in their place; how many. Errors (usage): a run, whose
  /// parts go into one store.
  virtual Result<std::uint64_t> sum(std::uint64_t shard, std::uint64_t shards) = 0;
};

/// Errors: no plan there, one of another version, a damaged one.
Result<std::unique_ptr<SharedWork>> open_shared_work(const TaskFolder& folder);

/// The commands work, merge and status.
void add_work(Program& program);

}  // namespace sg
