// streamgauge run: an experiment over models, resumed where it stopped, and its report.
#include <CLI/CLI.hpp>

#include "cli/common.h"
#include "cli/measuring.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "experiment/builtin.h"
#include "experiment/parse.h"
#include "experiment/run.h"
#include "report/file/output_file.h"
#include "report/store/sqlite_store.h"

namespace sg {
namespace {

struct Arguments {
  std::string experiment, folder, memory;
  CLI::Option* models = nullptr;
  CLI::Option* overrides = nullptr;
  bool resume = false, show = false;
};

Result<std::vector<KeyedModel>> keyed_models(const Arguments& a) {
  std::vector<KeyedModel> models;
  if (a.models->count() == 0) return models;
  for (const std::string& text : a.models->results()) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      return Error{.kind = ErrorKind::kUsage,
                   .what = "not a model with its key",
                   .where = "--model",
                   .expected = "KEY=MODEL, as base=./checkpoint",
                   .got = "'" + text + "'"};
    }
    models.push_back({.key = text.substr(0, equals), .model = text.substr(equals + 1)});
  }
  return models;
}

Result<RunOptions> run_options(const Arguments& a, const Common& common) {
  RunOptions options = {
      .started = time_stamp(), .threads = common.threads, .isa = common.isa, .stop = &stop_requested()};
  SG_TRY(options.models, keyed_models(a));
  if (!a.memory.empty()) {
    SG_TRY(options.memory_budget, parse_bytes(a.memory));
  }
  return options;
}

Result<int> run(const Arguments& a, const Common& common) {
  SG_TRY(const ExperimentText file, find_experiment(a.experiment));
  if (a.show) {
    SG_TRY_VOID(print(file.text));
    return 0;
  }
  const std::vector<std::string> overrides =
      a.overrides->count() > 0 ? a.overrides->results() : std::vector<std::string>();
  SG_TRY(const Experiment experiment, parse_experiment(file.text, file.file, overrides));
  if (a.folder.empty()) {
    return Error{
        .kind = ErrorKind::kUsage, .what = "a run needs a folder for its results", .hint = "Name one with -o DIR"};
  }
  SG_TRY(RunOptions options, run_options(a, common));
  SG_TRY_VOID(make_folder(a.folder));
  const std::filesystem::path folder = a.folder;
  SG_TRY(const std::unique_ptr<RowStore> store, open_store(folder / "store.sqlite", StoreAccess::kWrite));
  const Console console(common);
  {
    ProgressBar bar(common, 1.0, "");
    if (bar.shown()) options.progress = [&bar](double share) { bar.update(share); };
    options.say = [&console](const std::string& line) { console.info(line); };
    options.warn = [&console](const std::string& line) { console.warning(line); };
    SG_TRY_VOID(measure_experiment(experiment, options, *store));
  }
  SG_TRY(const ExperimentResult result, evaluate_run(*store));
  return present(result, folder, common);
}

CLI::Option* repeated(CLI::App& command, const std::string& flag, const std::string& type, const std::string& help) {
  return command.add_option(flag, help)
      ->type_name(type)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

}  // namespace

void add_run(Program& program) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command =
      program.app.add_subcommand("run", "an experiment: models measured, statistics, verdicts, figures, report");
  command->add_option("EXPERIMENT", a->experiment, "a built-in name, see list experiments, or a TOML file")->required();
  a->models = repeated(*command, "--model", "KEY=MODEL",
                       "a model, and the experiment's key for it; repeat it for more. Without any, those of the file "
                       "from the Hub's cache");
  a->overrides = repeated(*command, "--set", "KEY=VALUE", "another value for a key of the file, as prompts.suite=NAME");
  command->add_option("-o,--output", a->folder, "the folder of the results and of the store")->type_name("DIR");
  command->add_flag("--resume", a->resume,
                    "go on with the folder's run; what is measured is never measured again, "
                    "with this flag or without");
  command
      ->add_option("--memory", a->memory,
                   "activations per pass over the weights, as 512MB or 1.5G; a quarter of the RAM when not given")
      ->type_name("BYTES");
  command->add_flag("--print", a->show, "print the experiment's file, to copy it, and stop");
  finish_command(program, *command,
                 "streamgauge run mistral-paradox --model mistral-7b=SmolLM2-135M-Instruct.Q4_1.gguf -o results",
                 [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
