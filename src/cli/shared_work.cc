#include "cli/shared_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "base/folder.h"
#include "base/number_text.h"
#include "base/thread_pool.h"
#include "cli/corpus_job.h"
#include "cli/flags.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "experiment/run/shared_run.h"
#include "store/sqlite_store.h"

namespace sg {
namespace {

void warn_of_missing(std::uint64_t missing, std::size_t tasks, const Common& common) {
  if (missing > 0) Console(common).warning(fmt::format("{} of {} parts are missing in what follows", missing, tasks));
}

class SharedCorpus final : public SharedWork {
 public:
  SharedCorpus(TaskFolder folder, CorpusPlan plan) : folder_(std::move(folder)), plan_(std::move(plan)) {}

  std::vector<Task> tasks() const override { return tasks_of(plan_); }

  Result<RunTask> computer(const std::string& memory, const Common& common) override {
    SG_TRY_VOID(open(memory, common));
    return compute_on(plan_, *job_, common);
  }

  Result<int> merge(const MergeWish& wish, const Common& common) override {
    if (!wish.store.empty()) {
      return usage_error(
          {.what = "a corpus has no store: its results are files in its folder", .where = "-o", .got = wish.store});
    }
    const int threads = common.threads > 0 ? common.threads : available_threads();
    SG_TRY(
        const Merged merged,
        sg::merge(folder_, plan_,
                  {.partial = wish.partial, .use_sums = wish.use_sums, .threads = static_cast<std::size_t>(threads)}));
    SG_TRY_VOID(open({}, common));
    warn_of_missing(merged.missing.size(), plan_.tasks.size(), common);
    SG_TRY_VOID(write_corpus(folder_, plan_, merged, *job_));
    return merged.missing.empty() ? 0 : 1;
  }

  Result<std::uint64_t> sum(std::uint64_t shard, std::uint64_t shards) override {
    return sum_share(folder_, plan_, shard, shards);
  }

 private:
  /// The model of the plan. Error: the one that is there is another.
  Result<void> open(const std::string& memory, const Common& common) {
    if (job_) return {};
    SG_TRY(job_, open_corpus_job(plan_.model, plan_.options, memory, common));
    if (job_->content_hash == plan_.content_hash) return {};
    return Error{.what = "the model is not the one that the plan was made for",
                 .where = plan_.model,
                 .expected = plan_.content_hash,
                 .got = job_->content_hash};
  }

  TaskFolder folder_;
  CorpusPlan plan_;
  std::unique_ptr<CorpusJob> job_;
};

class SharedExperiment final : public SharedWork {
 public:
  SharedExperiment(TaskFolder folder, SharedRun run) : folder_(std::move(folder)), run_(std::move(run)) {}

  std::vector<Task> tasks() const override { return tasks_of(run_); }

  Result<RunTask> computer(const std::string& memory, const Common& common) override {
    RunOptions options;
    SG_TRY_VOID(use_machine(common, memory, options));
    measurer_ = std::make_unique<PieceMeasurer>(run_, options);
    bar_ = std::make_unique<ProgressBar>(common, static_cast<double>(run_.pieces.size()), "tasks");
    return RunTask([this](std::size_t i) {
      bar_->update(static_cast<double>(i) / static_cast<double>(run_.pieces.size()));
      return measurer_->run(i);
    });
  }

  Result<int> merge(const MergeWish& wish, const Common& common) override {
    const std::vector<TaskStatus> status = status_of(folder_, sg::tasks_of(run_), std::chrono::seconds(1));
    const bool whole = std::ranges::all_of(status, [](const auto& task) { return task.state == TaskState::kDone; });
    if (!whole && !wish.partial) return parts_missing(folder_, sg::tasks_of(run_));  // before a store is made
    if (!wish.store.empty() && is_there(wish.store)) {
      return usage_error({.what = "a file stands there: a merge makes a store of its own",
                          .where = wish.store,
                          .hint = "name a new file with -o"});
    }
    const std::filesystem::path path =
        wish.store.empty() ? folder_.root / "store.sqlite" : std::filesystem::path(wish.store);
    SG_TRY_VOID(merge_into(path, wish.partial, common));
    SG_TRY(const std::unique_ptr<RowStore> store, open_store(path, StoreAccess::kRead));
    return present_store(*store, folder_.root, common);
  }

  Result<std::uint64_t> sum(std::uint64_t, std::uint64_t) override {
    return usage_error({.what = "a run is merged whole: its parts go into one store",
                        .where = "--shard",
                        .hint = "streamgauge merge " + folder_.root.string()});
  }

 private:
  /// A store of these parts alone: rows that an earlier merge kept may be of a part that has been replaced.
  Result<void> merge_into(const std::filesystem::path& path, bool partial, const Common& common) {
    const std::filesystem::path fresh = path.string() + ".new";
    SG_TRY_VOID(replace_store(fresh, {}));
    {
      SG_TRY(const std::unique_ptr<RowStore> store, open_store(fresh, StoreAccess::kWrite));
      SG_TRY(const MergedRun merged, merge_run(folder_, run_, partial, *store));
      warn_of_missing(merged.missing, run_.pieces.size(), common);
    }
    return replace_store(path, fresh);
  }

  TaskFolder folder_;
  SharedRun run_;
  std::unique_ptr<PieceMeasurer> measurer_;
  std::unique_ptr<ProgressBar> bar_;
};

/// The first line of plan.json tells which it is, without a parse of a million tasks.
bool is_of_a_run(const TaskFolder& folder) {
  std::ifstream stream(folder.plan());
  std::string head(64, '\0');
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  return head.find("streamgauge.run_plan/") != std::string::npos;
}

}  // namespace

Result<std::unique_ptr<SharedWork>> open_shared_work(const TaskFolder& folder) {
  if (is_of_a_run(folder)) {
    SG_TRY(SharedRun run, read_shared_run(folder));
    return std::unique_ptr<SharedWork>(new SharedExperiment(folder, std::move(run)));
  }
  SG_TRY(CorpusPlan plan, read_plan(folder.plan()));
  return std::unique_ptr<SharedWork>(new SharedCorpus(folder, std::move(plan)));
}

}  // namespace sg
