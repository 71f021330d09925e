#include "tasks/work.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>

#include "base/folder.h"
#include "base/sha.h"
#include "base/text_file.h"
#include "base/whole_file.h"
#include "tasks/claim.h"
#include "tasks/part.h"

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
  // Somebody may have edited it: what is of another kind says nothing.
  const auto times = json.find("times"), reason = json.find("reason");
  const bool counts = times != json.end() && times->is_number_integer();
  return {.times = counts ? static_cast<int>(std::clamp<std::int64_t>(times->get<std::int64_t>(), 0, kTries)) : 0,
          .reason = reason != json.end() && reason->is_string() ? reason->get<std::string>() : std::string()};
}

Result<void> write_line(const fs::path& file, const Json& json) {
  std::error_code ignored;
  fs::create_directories(file.parent_path(), ignored);
  SG_TRY(WholeFile whole, WholeFile::create(file));
  SG_TRY_VOID(whole.write(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"));
  return whole.finish();
}

/// One call of work: what it looks at, and what became of it.
class Worker {
 public:
  Worker(const TaskFolder& folder, const std::vector<Task>& tasks, const WorkOptions& options, const RunTask& run)
      : folder_(folder), tasks_(tasks), options_(options), run_(run) {
    // A share is a run of tasks, so that one process has most tasks of a group.
    const std::uint64_t n = tasks.size();
    std::error_code ignored;
    fs::create_directories(folder.claims(), ignored);
    lease_ = Lease::in(folder.claims(), options.lease);
    begin_ = n * options.shard / options.shards;
    end_ = n * (options.shard + 1) / options.shards;
  }

  Result<WorkDone> run() {
    for (bool again = true; again;) {
      again = false;
      for (std::vector<Range> left = groups(); !left.empty();) {
        const auto next = next_of(left);
        const auto [begin, end] = *next;
        left.erase(next);
        for (std::size_t i = begin; i < end; ++i) {
          if (stopped(options_)) return Error{.kind = ErrorKind::kInterrupted, .what = "interrupted"};
          SG_TRY(const bool did, visit(i));
          again = again || did;
        }
      }
    }
    count();
    return done_;
  }

 private:
  using Range = std::pair<std::size_t, std::size_t>;

  bool is_done(std::size_t i) const { return has_part(folder_.part(tasks_[i].key), tasks_[i].key); }
  bool is_given_up(std::size_t i) const { return failure_of(folder_.failure(tasks_[i].key)).times >= kTries; }

  std::vector<Range> groups() const {
    std::vector<Range> all;
    for (std::size_t begin = begin_; begin < end_;) {
      std::size_t end = begin;
      while (end < end_ && tasks_[end].group == tasks_[begin].group) ++end;
      all.emplace_back(begin, end);
      begin = end;
    }
    return all;
  }

  /// The first group that nobody is at, if there is one: who opened a model has its tasks to itself meanwhile.
  std::vector<Range>::iterator next_of(std::vector<Range>& groups) const {
    const auto is_held = [&](const Task& task) {
      return claim_state(folder_.claim(task.key), lease_) == ClaimState::kHeld;
    };
    const auto is_free = [&](const Range& group) {
      return std::none_of(tasks_.begin() + static_cast<std::ptrdiff_t>(group.first),
                          tasks_.begin() + static_cast<std::ptrdiff_t>(group.second), is_held);
    };
    if (groups.size() == 1) return groups.begin();
    const auto free = std::find_if(groups.begin(), groups.end(), is_free);
    return free != groups.end() ? free : groups.begin();
  }

  /// Looks at one task: done, failed, held by somebody, or ours to do; true when it was that.
  Result<bool> visit(std::size_t i) {
    const Task& task = tasks_[i];
    if (is_done(i) || is_given_up(i)) return false;
    SG_TRY(const std::unique_ptr<Claim> claim, Claim::take(folder_.claim(task.key), lease_));
    if (!claim || is_done(i)) return false;
    SG_TRY_VOID(do_task(i));
    return true;
  }

  /// One task that this process has claimed.
  Result<void> do_task(std::size_t i) {
    const Task& task = tasks_[i];
    const auto begin = Clock::now();
    const Result<std::string> content = run_(i);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    if (content.ok()) {
      SG_TRY_VOID(write_part(folder_.part(task.key), task.key, content.value()));
      std::error_code ignored;
      fs::remove(folder_.failure(task.key), ignored);
      log(task, seconds, "computed");
      ++done_.computed;
      return {};
    }
    const ErrorKind kind = content.error().kind;
    if (kind == ErrorKind::kInterrupted || (options_.resource_ends && kind == ErrorKind::kResource))
      return content.error();
    const std::string reason = content.error().message();
    const int times = failure_of(folder_.failure(task.key)).times + 1;
    log(task, seconds, reason);
    return write_line(folder_.failure(task.key),
                      {{"times", times}, {"reason", reason}, {"by", who_is_here()}, {"task", task.what}});
  }

  /// Who computed what, when and how long; apart from the parts, which are the same whoever did. A log that cannot be
  /// written stops nobody.
  void log(const Task& task, double seconds, const std::string& outcome) const {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const Json line = {{"key", task.key},
                       {"outcome", outcome},
                       {"by", who_is_here()},
                       {"seconds", seconds},
                       {"at", std::chrono::duration_cast<std::chrono::seconds>(now).count()},
                       {"version", options_.version}};
    const int fd = ::open(folder_.log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0) return;
    static_cast<void>(write_all(fd, line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n", "log"));
    ::close(fd);
  }

  void count() {
    for (std::size_t i = begin_; i < end_; ++i)
      ++(is_done(i) ? done_.there : is_given_up(i) ? done_.failed : done_.held);
    done_.there -= std::min(done_.there, done_.computed);
  }

  const TaskFolder& folder_;
  const std::vector<Task>& tasks_;
  const WorkOptions& options_;
  const RunTask& run_;
  Lease lease_{std::chrono::seconds(0)};
  std::size_t begin_ = 0, end_ = 0;
  WorkDone done_;
};

}  // namespace

Result<bool> has_plan(const TaskFolder& folder, const std::string& text) {
  if (!is_there(folder.plan())) return false;
  SG_TRY(const std::string standing, read_text_file(folder.plan().string()));
  if (standing == text) return true;
  return Error{.kind = ErrorKind::kUsage,
               .what = "another plan stands in this folder",
               .where = folder.plan().string(),
               .hint = "name another folder with -o, or `streamgauge work` to go on with the one that is there"};
}

Result<WorkDone> work(const TaskFolder& folder, const std::vector<Task>& tasks, const WorkOptions& options,
                      const RunTask& run) {
  return Worker(folder, tasks, options, run).run();
}

std::vector<TaskStatus> status_of(const TaskFolder& folder, const std::vector<Task>& tasks,
                                  std::chrono::seconds lasts) {
  const Lease lease = Lease::in(folder.claims(), lasts);
  std::vector<TaskStatus> all;
  for (const Task& task : tasks) {
    TaskStatus status = {.task = task, .state = TaskState::kToDo, .said = {}};
    const Failure failure = failure_of(folder.failure(task.key));
    if (has_part(folder.part(task.key), task.key)) {
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

Error parts_missing(const TaskFolder& folder, const std::vector<Task>& tasks) {
  constexpr std::size_t kMostNamed = 5;
  std::vector<TaskStatus> missing = status_of(folder, tasks, std::chrono::seconds(1));
  std::erase_if(missing, [](const TaskStatus& task) { return task.state == TaskState::kDone; });
  const auto has_failed = [](const TaskStatus& task) { return task.state == TaskState::kFailed; };
  // What failed first: nobody will see to it.
  const auto others = std::stable_partition(missing.begin(), missing.end(), has_failed);
  const auto failed = static_cast<std::size_t>(others - missing.begin());
  std::string names;
  for (std::size_t i = 0; i < std::min(missing.size(), kMostNamed); ++i) {
    const std::string why = i < failed ? " (failed: " + missing[i].said + ")" : "";
    names += (i == 0 ? "" : "; ") + missing[i].task.what + why;
  }
  if (missing.size() > kMostNamed) names += fmt::format("; and {} more", missing.size() - kMostNamed);
  const std::string again = "what failed is left alone until its file in failed/ is removed; ";
  const std::string rest = "`streamgauge work` computes the others, `streamgauge status` says how they stand; ";
  return {.what = fmt::format("{} of {} parts are missing: {}", missing.size(), tasks.size(), names),
          .where = folder.root.string(),
          .hint = (failed > 0 ? again : "") + (failed < missing.size() ? rest : "") + "--partial takes what is there"};
}

Result<std::uint64_t> verify(const TaskFolder& folder, const std::vector<Task>& tasks, double share,
                             const RunTask& run) {
  std::vector<std::size_t> there, sample;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (has_part(folder.part(tasks[i].key), tasks[i].key)) there.push_back(i);
  }
  const auto wanted = static_cast<std::ptrdiff_t>(std::ceil(share * static_cast<double>(there.size())));
  // Another sample each time; side by side, so that each group is opened once.
  std::sample(there.begin(), there.end(), std::back_inserter(sample), wanted, std::mt19937_64(std::random_device()()));
  for (const std::size_t i : sample) {
    const Task& task = tasks[i];
    SG_TRY(const std::string stored, read_part(folder.part(task.key), task.key));
    SG_TRY(const std::string again, run(i));
    if (stored == again) continue;
    return Error{.what = "a part has other bits when it is computed again",
                 .where = folder.part(task.key).string() + ", " + task.what,
                 .expected = sha256_hex(again) + ", here on " + who_is_here(),
                 .got = sha256_hex(stored),
                 .hint = "one of the two machines computes wrongly: log.jsonl says who made the part"};
  }
  return sample.size();
}

}  // namespace sg
