#include "corpus/work.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/file_error.h"
#include "base/folder.h"
#include "base/text_file.h"
#include "base/whole_file.h"
#include "corpus/claim.h"
#include "corpus/part.h"
#include "measure/measure.h"

namespace sg {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr int kTries = 2;

bool stopped(const WorkOptions& options) { return options.stop != nullptr && *options.stop; }

std::string first_line(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

/// How often a task has failed, and why the last time.
struct Failure {
  int times = 0;
  std::string reason;
};

Failure failure_of(const fs::path& file) {
  const Json json = Json::parse(first_line(file), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return {};
  return {.times = json.value("times", 0), .reason = json.value("reason", "")};
}

Result<void> write_line(const fs::path& file, const Json& json) {
  std::error_code ignored;
  fs::create_directories(file.parent_path(), ignored);
  SG_TRY(WholeFile whole, WholeFile::create(file));
  SG_TRY_VOID(whole.write(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"));
  return whole.finish();
}

/// Who computed what, when and how long; apart from the parts, which are the same whoever did. A log that cannot be
/// written stops nobody.
void log(const PlanFolder& folder, const CorpusTask& task, double seconds, const std::string& outcome) {
  const Json line = {
      {"key", task.key},
      {"outcome", outcome},
      {"by", who_is_here()},
      {"seconds", seconds},
      {"at",
       std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count()},
      {"version", engine_version()}};
  const int fd = ::open(folder.log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) return;
  static_cast<void>(write_all(fd, line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n", "log"));
  ::close(fd);
}

/// One task that this process has claimed.
Result<void> do_task(const PlanFolder& folder, const CorpusTask& task, const RunTask& run, WorkDone& done) {
  const auto begin = Clock::now();
  Result<CorpusStatistics> statistics = run(task);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  if (statistics.ok()) {
    SG_TRY_VOID(write_part(folder.part(task.key), task.key, statistics.value()));
    std::error_code ignored;
    fs::remove(folder.failure(task.key), ignored);
    log(folder, task, seconds, "computed");
    ++done.computed;
    return {};
  }
  if (statistics.error().kind == ErrorKind::kInterrupted) return std::move(statistics).error();
  const std::string reason = statistics.error().message();
  const int times = failure_of(folder.failure(task.key)).times + 1;
  SG_TRY_VOID(write_line(folder.failure(task.key), {{"times", times},
                                                    {"reason", reason},
                                                    {"by", who_is_here()},
                                                    {"file", task.range.file},
                                                    {"begin", task.range.begin},
                                                    {"end", task.range.end}}));
  log(folder, task, seconds, reason);
  if (times >= kTries) ++done.failed;
  return {};
}

enum class Turn : std::uint8_t { kNothing, kDidSomething };

/// Looks at one task: done, failed, held by somebody, or ours to do.
Result<Turn> visit(const PlanFolder& folder, const CorpusTask& task, const WorkOptions& options, const RunTask& run,
                   WorkDone& done) {
  const auto is_done = [&] { return is_there(folder.part(task.key)); };
  if (is_done()) return Turn::kNothing;
  if (failure_of(folder.failure(task.key)).times >= kTries) return Turn::kNothing;
  SG_TRY(const std::unique_ptr<Claim> claim, Claim::take(folder.claim(task.key), options.lease));
  if (!claim || is_done()) return Turn::kNothing;
  SG_TRY_VOID(do_task(folder, task, run, done));
  return Turn::kDidSomething;
}

}  // namespace

Result<WorkDone> work(const PlanFolder& folder, const CorpusPlan& plan, const WorkOptions& options, const RunTask& run,
                      const std::function<void(const WorkDone& so_far)>& each) {
  WorkDone done;
  for (bool again = true; again;) {
    again = false;
    for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
      if (i % options.shards != options.shard) continue;
      if (stopped(options)) return Error{.kind = ErrorKind::kInterrupted, .what = "interrupted"};
      SG_TRY(const Turn turn, visit(folder, plan.tasks[i], options, run, done));
      if (turn != Turn::kDidSomething) continue;
      again = true;
      if (each) each(done);
    }
  }
  done.there = done.held = done.failed = 0;
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    if (i % options.shards != options.shard) continue;
    const CorpusTask& task = plan.tasks[i];
    if (is_there(folder.part(task.key)))
      ++done.there;
    else if (failure_of(folder.failure(task.key)).times >= kTries)
      ++done.failed;
    else
      ++done.held;
  }
  done.there -= std::min(done.there, done.computed);
  return done;
}

std::vector<TaskStatus> status_of(const PlanFolder& folder, const CorpusPlan& plan, std::chrono::seconds lease) {
  std::vector<TaskStatus> all;
  for (const CorpusTask& task : plan.tasks) {
    TaskStatus status = {.task = &task, .state = TaskState::kToDo, .said = {}};
    const Failure failure = failure_of(folder.failure(task.key));
    if (is_there(folder.part(task.key))) {
      status.state = TaskState::kDone;
    } else if (failure.times >= kTries) {
      status.state = TaskState::kFailed;
      status.said = failure.reason;
    } else {
      const ClaimState claim = claim_state(folder.claim(task.key), lease);
      if (claim != ClaimState::kNone) {
        status.state = claim == ClaimState::kHeld ? TaskState::kRunning : TaskState::kStale;
        status.said = first_line(folder.claim(task.key));
      } else if (failure.times > 0) {
        status.said = "failed once: " + failure.reason;
      }
    }
    all.push_back(std::move(status));
  }
  return all;
}

Result<Merged> merge(const PlanFolder& folder, const CorpusPlan& plan, bool partial) {
  Merged merged;
  for (const CorpusTask& task : plan.tasks) {
    if (!is_there(folder.part(task.key))) {
      merged.missing.push_back(&task);
      continue;
    }
    SG_TRY(const CorpusStatistics part, read_part(folder.part(task.key), task.key));
    merged.statistics.add(part);
    ++merged.parts;
  }
  if (merged.missing.empty() || partial) return merged;
  return Error{.what = fmt::format("{} of {} parts are missing", merged.missing.size(), plan.tasks.size()),
               .where = folder.root.string(),
               .hint =
                   "`streamgauge work` computes them, `streamgauge status` says how they stand; --partial takes "
                   "what is there"};
}

Result<std::uint64_t> verify(const PlanFolder& folder, const CorpusPlan& plan, double share, const RunTask& run) {
  std::vector<const CorpusTask*> there;
  for (const CorpusTask& task : plan.tasks) {
    if (is_there(folder.part(task.key))) there.push_back(&task);
  }
  std::sort(there.begin(), there.end(), [](const CorpusTask* a, const CorpusTask* b) { return a->key < b->key; });
  const auto wanted = static_cast<std::size_t>(std::ceil(share * static_cast<double>(there.size())));
  there.resize(std::min(there.size(), wanted));
  for (const CorpusTask* task : there) {
    SG_TRY(const CorpusStatistics stored, read_part(folder.part(task->key), task->key));
    SG_TRY(const CorpusStatistics again, run(*task));
    if (digest(stored) == digest(again)) continue;
    return Error{.what = "a part has other bits when it is computed again",
                 .where = folder.part(task->key).string(),
                 .expected = digest(again) + ", here on " + who_is_here(),
                 .got = digest(stored),
                 .hint = "one of the two machines computes wrongly: log.jsonl says who made the part"};
  }
  return there.size();
}

}  // namespace sg
