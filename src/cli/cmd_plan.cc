// streamgauge plan: a corpus, or an experiment over many models, as tasks that any number of processes may do.
#include <fmt/format.h>

#include <algorithm>

#include "base/number_text.h"
#include "cli/corpus_job.h"
#include "cli/flags.h"
#include "cli/run_flags.h"
#include "cli/shared_work.h"
#include "cli/signals.h"
#include "experiment/run/shared_run.h"
#include "report/file/output_file.h"
#include "report/text/model_text.h"
#include "report/text/slurm_script.h"
#include "report/text/status_text.h"

namespace sg {
namespace {

struct PlanArguments {
  CorpusArguments corpus;
  RunArguments run;
  std::size_t task_tokens = 4096;
  bool slurm = false;
};

/// What to do next; job.sbatch where it is wanted.
Result<std::string> next_steps(const TaskFolder& folder, std::size_t tasks, bool slurm) {
  if (!slurm) {
    return fmt::format("streamgauge work {} anywhere, as often as you like; then streamgauge merge {}\n",
                       folder.root.string(), folder.root.string());
  }
  const std::filesystem::path script = folder.root / "job.sbatch";
  SG_TRY_VOID(write_output(script, slurm_script(std::filesystem::absolute(folder.root).string(), tasks)));
  return fmt::format("sbatch {}, then streamgauge merge {}\n", script.string(), folder.root.string());
}

Result<int> plan_of_corpus(const PlanArguments& a, const Common& common) {
  SG_TRY(const CorpusOptions options, options_of(a.corpus));
  SG_TRY(const std::unique_ptr<CorpusJob> job, open_corpus_job(a.corpus.model, options, a.corpus.memory, common));
  SG_TRY(const CorpusPlan plan, make_plan(a.corpus, *job));
  const TaskFolder folder = {a.corpus.folder};
  SG_TRY(const std::string text, planned_text(plan, *job, ", in " + folder.plan().string()));
  SG_TRY(const std::string next, next_steps(folder, plan.tasks.size(), a.slurm));
  SG_TRY_VOID(print(text + next));
  return 0;
}

Result<int> plan_of_run(const PlanArguments& a, const Common& common) {
  if (a.run.experiment.empty()) {
    return usage_error(
        {.what = "nothing to plan", .expected = "EXPERIMENT, or corpus MODEL FILE", .hint = "streamgauge plan --help"});
  }
  SG_TRY(RunSetup setup, set_up_run(a.run, common));
  const Console console(common);
  setup.options.warn = [&console](const std::string& line) { console.warning(line); };
  const TaskFolder folder = {a.run.folder};
  SG_TRY_VOID(make_folder(folder.root));
  SG_TRY(const SharedRun run, stoppable([&] { return share_run(setup.experiment, setup.options, a.task_tokens); }));
  SG_TRY(const std::string text, planned_text(run, setup.options, console, ", in " + folder.plan().string()));
  SG_TRY_VOID(write_shared_run(folder, run));
  SG_TRY(const std::string next, next_steps(folder, run.pieces.size(), a.slurm));
  SG_TRY_VOID(print(text + next));
  return 0;
}

}  // namespace

void add_plan(Program& program) {
  auto a = std::make_shared<PlanArguments>();
  CLI::App* plans = program.app.add_subcommand(
      "plan", "an experiment or a corpus cut into tasks that any number of processes may do");
  add_run_flags(*plans, a->run, /*required=*/false);
  add_value(*plans, "--task-tokens", a->task_tokens, "N", "tokens of a task; 4096 when not given")
      ->check(CLI::PositiveNumber);
  plans->add_flag("--slurm", a->slurm, "also job.sbatch, an array of Slurm jobs");
  finish_command(program, *plans, "streamgauge plan multiverse-gains --checkpoints run -o shared",
                 [a, &program] { return plan_of_run(*a, program.common); });
  CLI::App* corpus = plans->add_subcommand("corpus", "the statistics of a corpus");
  add_corpus_flags(*corpus, a->corpus);
  corpus->add_flag("--slurm", a->slurm, "also job.sbatch, an array of Slurm jobs");
  finish_command(program, *corpus, "streamgauge plan corpus HuggingFaceTB/SmolLM2-135M wiki.jsonl --slurm -o wiki",
                 [a, &program] { return plan_of_corpus(*a, program.common); });
  // CLI11 calls the outer command's action after the inner one's.
  plans->callback([a, plans, &program] {
    if (plans->get_subcommands().empty()) program.action = [a, &program] { return plan_of_run(*a, program.common); };
  });
  add_work(program);
}

}  // namespace sg
