// streamgauge run: an experiment over models, resumed where it stopped, and its report.

#include "cli/flags.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "cli/run_flags.h"
#include "cli/signals.h"
#include "corpus/plan.h"
#include "experiment/file/builtin.h"
#include "experiment/run/run.h"
#include "report/data/corpus_view.h"
#include "report/file/output_file.h"
#include "store/sqlite_store.h"
#include "tasks/work.h"

namespace sg {
namespace {

constexpr std::size_t kTaskTokens = 4096;  // as of the command plan

struct Arguments {
  RunArguments run;
  bool show = false;
};

Result<int> print_plan(RunSetup& setup, const Common& common) {
  const Console console(common);
  setup.options.warn = [&console](const std::string& line) { console.warning(line); };
  SG_TRY(const SharedRun run, stoppable([&] { return share_run(setup.experiment, setup.options, kTaskTokens); }));
  SG_TRY(const std::string text, planned_text(run, setup.options, console, ""));
  SG_TRY_VOID(print(text));
  return 0;
}

Result<int> run(const Arguments& a, const Common& common) {
  if (a.show) {
    SG_TRY(const ExperimentText file, find_experiment(a.run.experiment));
    SG_TRY_VOID(write_document("-", file.text));
    return 0;
  }
  SG_TRY(RunSetup setup, set_up_run(a.run, common));
  if (a.run.plan) return print_plan(setup, common);
  const std::filesystem::path folder = a.run.folder;
  if (is_corpus_folder(folder) || read_plan(TaskFolder{folder}.plan()).ok()) {
    return usage_error(
        {.what = "a corpus stands in this folder", .where = a.run.folder, .hint = "name another folder with -o"});
  }
  SG_TRY_VOID(make_folder(folder));
  SG_TRY(const std::unique_ptr<RowStore> store, open_store(folder / "store.sqlite", StoreAccess::kWrite));
  {
    const Console console(common);
    ProgressBar bar(common, 1.0, "");
    RunOptions& options = setup.options;
    if (bar.shown()) options.progress = [&bar](double share, const std::string& what) { bar.update(share, what); };
    options.say = [&console](const std::string& line) { console.info(line); };
    options.warn = [&console](const std::string& line) { console.warning(line); };
    SG_TRY_VOID(stoppable([&] { return measure_experiment(setup.experiment, options, *store); }));
  }
  return present_store(*store, folder, common);
}

}  // namespace

void add_run(Program& program) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command =
      program.app.add_subcommand("run", "an experiment: models measured, statistics, verdicts, figures, report");
  add_run_flags(*command, a->run, /*required=*/true);
  command->add_flag(
      "--delete-after", a->run.fetching.delete_after,
      "remove each model that this call fetched when it is measured, for a disk smaller than all of them");
  command->add_flag("--resume")
      ->description("go on with the folder's run; what is measured is never measured again, with this flag or without");
  command->add_flag("--plan", a->run.plan,
                    "print what would be measured and what it costs, and stop; nothing is fetched or written");
  command->add_flag("--print", a->show, "print the experiment's file, to copy it, and stop");
  add_device(*command, program.common);
  finish_command(program, *command,
                 "streamgauge run mistral-paradox --model mistral-7b=SmolLM2-135M-Instruct.Q4_1.gguf -o results",
                 [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
