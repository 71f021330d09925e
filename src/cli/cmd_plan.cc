// streamgauge plan, work, merge, status: a corpus shared out over any number of processes and machines.
#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <csignal>
#include <map>

#include "base/number_text.h"
#include "cli/corpus_job.h"
#include "report/file/output_file.h"
#include "report/text/slurm_script.h"
#include "report/text/status_text.h"

namespace sg {
namespace {

struct PlanArguments {
  CorpusArguments corpus;
  bool slurm = false;
};

struct WorkArguments {
  std::string folder, shard, lease = "15m", memory;
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
    return Error{.kind = ErrorKind::kUsage, .what = "--lease is no time", .expected = "30s, 15m or 2h", .got = text};
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
  return Error{.kind = ErrorKind::kUsage,
               .what = "--shard is no part of a whole",
               .expected = "i/n, i from 0 to n - 1",
               .got = text};
}

Result<double> parse_share(const std::string& text) {
  std::string digits = text;
  const bool percent = digits.ends_with('%');
  if (percent) digits.pop_back();
  char* end = nullptr;
  const double value = std::strtod(digits.c_str(), &end) / (percent ? 100 : 1);
  if (!digits.empty() && *end == '\0' && value > 0 && value <= 1) return value;
  return Error{.kind = ErrorKind::kUsage, .what = "--verify is no share", .expected = "1% or 0.01", .got = text};
}

Result<int> plan(const PlanArguments& a, const Common& common) {
  SG_TRY(const CorpusOptions options, options_of(a.corpus));
  SG_TRY(const std::unique_ptr<CorpusJob> job, open_corpus_job(a.corpus.model, options, a.corpus.memory, common));
  SG_TRY(const CorpusPlan plan, make_plan(a.corpus, *job));
  const PlanFolder folder = {a.corpus.folder};
  std::string said = fmt::format("{} tasks over {} documents, {} of text, in {}\n", grouped(plan.tasks.size()),
                                 grouped(plan.documents()), bytes_text(plan.bytes()), folder.plan().string());
  if (a.slurm) {
    const std::filesystem::path script = folder.root / "job.sbatch";
    SG_TRY_VOID(write_output(script, slurm_script(std::filesystem::absolute(folder.root).string(), plan)));
    said += fmt::format("sbatch {}, then streamgauge merge {}\n", script.string(), folder.root.string());
  } else {
    said += fmt::format("streamgauge work {} anywhere, as often as you like; then streamgauge merge {}\n",
                        folder.root.string(), folder.root.string());
  }
  SG_TRY_VOID(print(said));
  return 0;
}

/// The job of a plan that stands in a folder. Error: the model is not the one it was made for.
Result<std::unique_ptr<CorpusJob>> job_of(const CorpusPlan& plan, const std::string& memory, const Common& common) {
  SG_TRY(std::unique_ptr<CorpusJob> job, open_corpus_job(plan.model, plan.options, memory, common));
  if (job->content_hash == plan.content_hash) return job;
  return Error{.what = "the model is not the one that the plan was made for",
               .where = plan.model,
               .expected = plan.content_hash,
               .got = job->content_hash};
}

/// From now on the end of the caller stops this process as Ctrl-C would: a job of another program's is killed with it.
Result<void> end_with(std::int64_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() == parent) return {};
  return Error{.kind = ErrorKind::kInterrupted, .what = "the process that called is no more"};
}

Result<int> work_in(const WorkArguments& a, const Common& common) {
  if (a.parent > 0) SG_TRY_VOID(end_with(a.parent));
  WorkOptions options;
  SG_TRY_VOID(parse_shard(a.shard, options));
  SG_TRY(options.lease, parse_lease(a.lease));
  const PlanFolder folder = {a.folder};
  SG_TRY(const CorpusPlan plan, read_plan(folder.plan()));
  SG_TRY(const std::unique_ptr<CorpusJob> job, job_of(plan, a.memory, common));
  options.stop = job->options.stop;
  SG_TRY(const WorkDone done, work_on(folder, plan, *job, options, common));
  SG_TRY_VOID(print(fmt::format("{} computed, {} there already, {} left to others, {} failed\n", done.computed,
                                done.there, done.held, done.failed)));
  if (done.failed == 0) return 0;
  return Error{.what = fmt::format("{} tasks failed", done.failed),
               .where = (folder.root / "failed").string(),
               .hint = fmt::format("streamgauge status {} says why", folder.root.string())};
}

Result<int> merge_in(const WorkArguments& a, const Common& common) {
  const PlanFolder folder = {a.folder};
  double share = 0;
  if (!a.verify.empty()) {
    SG_TRY(share, parse_share(a.verify));
  }
  SG_TRY(const CorpusPlan plan, read_plan(folder.plan()));
  SG_TRY(const Merged merged, merge(folder, plan, a.partial));
  SG_TRY(const std::unique_ptr<CorpusJob> job, job_of(plan, a.memory, common));
  if (share > 0) {
    const RunTask run = [&](const CorpusTask& task) { return job->measurer->run(plan, task, {}); };
    SG_TRY(const std::uint64_t checked, verify(folder, plan, share, run));
    Console(common).note(fmt::format("{} of {} parts computed again: the same bits", checked, merged.parts));
  }
  if (!merged.missing.empty())
    Console(common).warning(
        fmt::format("{} of {} parts are missing in what follows", merged.missing.size(), plan.tasks.size()));
  SG_TRY_VOID(write_corpus(folder, plan, merged, *job));
  return 0;
}

Result<int> status_in(const WorkArguments& a) {
  const PlanFolder folder = {a.folder};
  SG_TRY(const std::chrono::seconds lease, parse_lease(a.lease));
  SG_TRY(const CorpusPlan plan, read_plan(folder.plan()));
  SG_TRY_VOID(print(status_text(status_of(folder, plan, lease))));
  return 0;
}

CLI::App* add_folder_command(Program& program, const char* name, const char* what, WorkArguments& a) {
  CLI::App* command = program.app.add_subcommand(name, what);
  command->add_option("DIR", a.folder, "the folder of a plan")->required();
  return command;
}

void add_lease(CLI::App& command, std::string& lease) {
  command.add_option("--lease", lease, "how long a claim holds that is not renewed; 15m when not given")
      ->type_name("TIME");
}

}  // namespace

void add_plan(Program& program) {
  auto p = std::make_shared<PlanArguments>();
  CLI::App* plans = program.app.add_subcommand("plan", "a corpus cut into tasks that any number of processes may do");
  CLI::App* corpus = plans->add_subcommand("corpus", "the statistics of a corpus");
  plans->require_subcommand(1);
  add_corpus_flags(*corpus, p->corpus);
  corpus->add_flag("--slurm", p->slurm, "also job.sbatch, an array of Slurm jobs");
  finish_command(program, *corpus, "streamgauge plan corpus HuggingFaceTB/SmolLM2-135M wiki.jsonl --slurm -o wiki",
                 [p, &program] { return plan(*p, program.common); });

  auto w = std::make_shared<WorkArguments>();
  CLI::App* work = add_folder_command(program, "work", "tasks of a plan, until none is left that nobody is at", *w);
  work->add_option("--shard", w->shard, "only tasks whose number leaves the remainder i when divided by n")
      ->type_name("i/n");
  add_lease(*work, w->lease);
  work->add_option("--end-with", w->parent, "the caller's number; when it ends, or is killed, so does this process")
      ->check(CLI::PositiveNumber)
      ->type_name("PID");
  add_memory(*work, w->memory);
  finish_command(program, *work, "streamgauge work wiki --shard 0/8",
                 [w, &program] { return work_in(*w, program.common); });

  auto m = std::make_shared<WorkArguments>();
  CLI::App* merge = add_folder_command(program, "merge", "the parts of a plan together: results and their digest", *m);
  merge->add_option("--verify", m->verify, "compute this share of the parts again and compare bits")
      ->type_name("SHARE");
  merge->add_flag("--partial", m->partial, "take what is there, though parts are missing");
  add_memory(*merge, m->memory);
  finish_command(program, *merge, "streamgauge merge wiki --verify 1%",
                 [m, &program] { return merge_in(*m, program.common); });

  auto s = std::make_shared<WorkArguments>();
  CLI::App* status = add_folder_command(program, "status", "how the tasks of a plan stand", *s);
  add_lease(*status, s->lease);
  finish_command(program, *status, "streamgauge status wiki", [s] { return status_in(*s); });
}

}  // namespace sg
