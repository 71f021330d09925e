// streamgauge work, merge, status: a plan shared out over any number of processes and machines.
#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <map>

#include "cli/flags.h"
#include "cli/shared_work.h"
#include "cli/signals.h"
#include "measure/measure.h"
#include "report/text/model_text.h"
#include "report/text/status_text.h"

namespace sg {
namespace {

struct WorkArguments {
  std::string folder, shard, lease = "15m", memory;
  std::string output;  // the store of a run; empty: in the folder
  std::string verify;
  bool partial = false;
  std::int64_t parent = 0;  // the process that this one ends with; 0: none
};

/// "15m", "90s", "2h".
Result<std::chrono::seconds> parse_lease(const std::string& text) {
  static const std::map<char, int> kUnits = {{'s', 1}, {'m', 60}, {'h', 3600}};
  const auto unit = text.empty() ? kUnits.end() : kUnits.find(text.back());
  const std::string digits = unit == kUnits.end() ? text : text.substr(0, text.size() - 1);
  const bool is_number =
      !digits.empty() && digits.size() < 9 && digits.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number || std::stol(digits) == 0) {
    return usage_error({.what = "--lease is no time", .expected = "30s, 15m or 2h", .got = text});
  }
  return std::chrono::seconds(std::stol(digits) * (unit == kUnits.end() ? 1 : unit->second));
}

/// "3/8": the third of eight, counted from 0.
Result<void> parse_shard(const std::string& text, WorkOptions& options) {
  if (text.empty()) return {};
  const std::size_t slash = text.find('/');
  const std::string first = text.substr(0, slash), second = slash == std::string::npos ? "" : text.substr(slash + 1);
  const auto is_number = [](const std::string& s) {
    return !s.empty() && s.size() < 10 && s.find_first_not_of("0123456789") == std::string::npos;
  };
  if (is_number(first) && is_number(second)) {
    options.shard = std::stoul(first);
    options.shards = std::stoul(second);
    if (options.shard < options.shards) return {};
  }
  return usage_error({.what = "--shard is no part of a whole", .expected = "i/n, i from 0 to n - 1", .got = text});
}

Result<double> parse_share(const std::string& text) {
  std::string digits = text;
  const bool percent = digits.ends_with('%');
  if (percent) digits.pop_back();
  char* end = nullptr;
  const double value = std::strtod(digits.c_str(), &end) / (percent ? 100 : 1);
  if (!digits.empty() && *end == '\0' && value > 0 && value <= 1) return value;
  return usage_error({.what = "--verify is no share", .expected = "1% or 0.01", .got = text});
}

/// From now on the end of the caller stops this process as Ctrl-C would: a job of another program's is killed with it.
Result<void> end_with(std::int64_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() == parent) return {};
  return Error{.kind = ErrorKind::kInterrupted, .what = "the process that called is no more"};
}

Result<int> work_in(const WorkArguments& a, const Common& common) {
  if (a.parent > 0) SG_TRY_VOID(end_with(a.parent));
  WorkOptions options = {.version = engine_version(),
                         .stop = &stop_requested(),
                         .resource_ends = !common.device.empty() && common.device != "cpu"};
  SG_TRY_VOID(parse_shard(a.shard, options));
  SG_TRY(options.lease, parse_lease(a.lease));
  const TaskFolder folder = {a.folder};
  SG_TRY(const std::unique_ptr<SharedWork> shared, open_shared_work(folder));
  SG_TRY(const RunTask run, shared->computer(a.memory, common));
  SG_TRY(const WorkDone done, stoppable([&] { return work(folder, shared->tasks(), options, run); }));
  SG_TRY_VOID(print(fmt::format("{} computed, {} there already, {} left to others, {} failed\n", done.computed,
                                done.there, done.held, done.failed)));
  if (done.failed == 0) return 0;
  const Error failed = {.what = counted(done.failed, "task") + " failed",
                        .where = (folder.root / "failed").string(),
                        .hint = fmt::format("streamgauge status {} says why", folder.root.string())};
  Console(common).error(failed.message());
  return 1;  // the others are there
}

Result<int> merge_in(const WorkArguments& a, const Common& common) {
  const TaskFolder folder = {a.folder};
  double share = 0;
  if (!a.verify.empty()) {
    SG_TRY(share, parse_share(a.verify));
  }
  SG_TRY(const std::unique_ptr<SharedWork> shared, open_shared_work(folder));
  if (!a.shard.empty()) {
    WorkOptions which;
    SG_TRY_VOID(parse_shard(a.shard, which));
    SG_TRY(const std::uint64_t parts, shared->sum(which.shard, which.shards));
    SG_TRY_VOID(print(fmt::format("{} parts added up in {}\n", parts, (folder.root / "sums").string())));
    return 0;
  }
  if (share > 0) {
    const std::vector<TaskStatus> status = status_of(folder, shared->tasks(), std::chrono::seconds(1));
    const auto is_done = [](const TaskStatus& task) { return task.state == TaskState::kDone; };
    const auto parts = static_cast<std::size_t>(std::ranges::count_if(status, is_done));
    if (parts < status.size() && !a.partial) return parts_missing(folder, shared->tasks());
    SG_TRY(const RunTask run, shared->computer(a.memory, common));
    SG_TRY(const std::uint64_t checked, stoppable([&] { return verify(folder, shared->tasks(), share, run); }));
    Console(common).note(fmt::format("{} of {} parts computed again: the same bits", checked, parts));
  }
  // What was looked at are parts; who doubts them does not take somebody's word for their sums.
  return shared->merge({.partial = a.partial, .use_sums = share == 0, .store = a.output}, common);
}

Result<int> status_in(const WorkArguments& a) {
  const TaskFolder folder = {a.folder};
  SG_TRY(const std::chrono::seconds lease, parse_lease(a.lease));
  SG_TRY(const std::unique_ptr<SharedWork> shared, open_shared_work(folder));
  SG_TRY_VOID(print(status_text(status_of(folder, shared->tasks(), lease))));
  return 0;
}

CLI::App* add_folder_command(Program& program, const char* name, const char* what, WorkArguments& a) {
  CLI::App* command = program.app.add_subcommand(name, what);
  command->add_option("DIR", a.folder, "the folder of a plan")->required();
  return command;
}

void add_lease(CLI::App& command, std::string& lease) {
  add_value(command, "--lease", lease, "TIME", "how long a claim holds that is not renewed; 15m when not given");
}

}  // namespace

void add_work(Program& program) {
  auto w = std::make_shared<WorkArguments>();
  CLI::App* work = add_folder_command(program, "work", "tasks of a plan, until none is left that nobody is at", *w);
  add_value(*work, "--shard", w->shard, "i/n", "only this one of n equal shares, counted from 0");
  add_lease(*work, w->lease);
  add_value(*work, "--end-with", w->parent, "PID",
            "the caller's number; when it ends, or is killed, so does this process")
      ->check(CLI::PositiveNumber);
  add_memory(*work, w->memory);
  add_device(*work, program.common);
  finish_command(program, *work, "streamgauge work wiki --shard 0/8",
                 [w, &program] { return work_in(*w, program.common); });

  auto m = std::make_shared<WorkArguments>();
  CLI::App* merge = add_folder_command(program, "merge", "the parts of a plan together: results and their digest", *m);
  add_value(*merge, "--verify", m->verify, "SHARE", "compute this share of the parts again and compare bits");
  merge->add_flag("--partial", m->partial, "take what is there, though parts are missing");
  add_value(*merge, "--shard", m->shard, "i/n",
            "add up this one of n equal shares of a corpus's parts, for a merge of all that follows")
      ->excludes("--verify")
      ->excludes("--partial");
  add_value(*merge, "-o,--output", m->output, "FILE",
            "the store of a run in this file, in place of store.sqlite in the folder")
      ->excludes("--shard");
  add_memory(*merge, m->memory);
  finish_command(program, *merge, "streamgauge merge wiki --verify 1%",
                 [m, &program] { return merge_in(*m, program.common); });

  auto s = std::make_shared<WorkArguments>();
  CLI::App* status = add_folder_command(program, "status", "how the tasks of a plan stand", *s);
  add_lease(*status, s->lease);
  finish_command(program, *status, "streamgauge status wiki", [s] { return status_in(*s); });
}

}  // namespace sg
