// streamgauge run: an experiment over models, resumed where it stopped, and its report.
#include <CLI/CLI.hpp>

#include "cli/common.h"
#include "cli/measuring.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/training_files.h"
#include "experiment/file/builtin.h"
#include "experiment/file/parse.h"
#include "experiment/run/run.h"
#include "io/zoo_folder.h"
#include "report/file/output_file.h"
#include "store/sqlite_store.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string experiment, folder, memory, checkpoints;
  CLI::Option* models = nullptr;
  CLI::Option* overrides = nullptr;
  bool show = false, zoo = false;
};

Result<std::vector<KeyedModel>> given_models(const Arguments& a) {
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

struct Job {
  Experiment experiment;
  RunOptions options;
};

/// The experiment over the checkpoints of one training run. What the user set is applied after what they bring.
Result<Job> job_of_checkpoints(const ExperimentText& file, const Experiment& plain, const fs::path& folder) {
  if (plain.roles) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = plain.id + " compares named models, not the checkpoints of a run",
                 .hint = "Use training-dynamics, or an experiment of your own"};
  }
  SG_TRY(const TrainingRun run, read_training_run(folder));
  std::vector<std::string> changes = overrides_of(run);
  changes.insert(changes.end(), plain.overrides.begin(), plain.overrides.end());
  Job job;
  SG_TRY(job.experiment, parse_experiment(file.text, file.file, changes));
  job.options.models = keyed_models(run);
  job.options.notices.push_back("The models are the " + std::to_string(run.steps.size()) + " checkpoints of " +
                                run.name + ".");
  return job;
}

/// The experiment over the pocket zoo: its training run, or a stand-in for each model.
Result<Job> job_of_zoo(const ExperimentText& file, Experiment plain) {
  SG_TRY(const fs::path zoo, zoo_folder());
  Job job;
  if (!plain.zoo_run.empty()) {
    SG_TRY(job, job_of_checkpoints(file, plain, zoo / plain.zoo_run));
  } else {
    SG_TRY(StandIns found, stand_ins(plain, zoo));
    job.experiment = std::move(plain);
    job.options.models = std::move(found.models);
    job.options.notices = std::move(found.notices);
  }
  job.options.pocket = true;
  return job;
}

Result<Job> job_of(const Arguments& a, const ExperimentText& file, const Common& common) {
  const std::vector<std::string> overrides =
      a.overrides->count() > 0 ? a.overrides->results() : std::vector<std::string>();
  SG_TRY(Experiment plain, parse_experiment(file.text, file.file, overrides));
  Job job;
  if (a.zoo) {
    SG_TRY(job, job_of_zoo(file, std::move(plain)));
  } else if (!a.checkpoints.empty()) {
    SG_TRY(job, job_of_checkpoints(file, plain, a.checkpoints));
  } else {
    job.experiment = std::move(plain);
    SG_TRY(job.options.models, given_models(a));
  }
  job.options.started = time_stamp();
  job.options.threads = common.threads;
  job.options.isa = common.isa;
  job.options.stop = &stop_requested();
  if (!a.memory.empty()) {
    SG_TRY(job.options.memory_budget, parse_bytes(a.memory));
  }
  return job;
}

Result<int> run(const Arguments& a, const Common& common) {
  SG_TRY(const ExperimentText file, find_experiment(a.experiment));
  if (a.show) {
    SG_TRY_VOID(write_document("-", file.text));
    return 0;
  }
  SG_TRY(Job job, job_of(a, file, common));
  if (a.folder.empty()) {
    return Error{
        .kind = ErrorKind::kUsage, .what = "a run needs a folder for its results", .hint = "Name one with -o DIR"};
  }
  SG_TRY_VOID(make_folder(a.folder));
  const fs::path folder = a.folder;
  SG_TRY(const std::unique_ptr<RowStore> store, open_store(folder / "store.sqlite", StoreAccess::kWrite));
  const Console console(common);
  {
    ProgressBar bar(common, 1.0, "");
    RunOptions& options = job.options;
    if (bar.shown()) options.progress = [&bar](double share) { bar.update(share); };
    options.say = [&console](const std::string& line) { console.info(line); };
    options.warn = [&console](const std::string& line) { console.warning(line); };
    SG_TRY_VOID(stoppable([&] { return measure_experiment(job.experiment, options, *store); }));
  }
  SG_TRY(const ExperimentResult result, evaluate_run(*store, &stop_requested()));
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
  command->add_flag("--zoo", a->zoo, "the pocket zoo's small trained models, which come with the program, as stand-ins")
      ->excludes(a->models);
  command
      ->add_option(
          "--checkpoints", a->checkpoints,
          "the checkpoints of one training run as the models: a folder of step-000100, checkpoint-500 and so on")
      ->type_name("FOLDER")
      ->excludes(a->models)
      ->excludes("--zoo");
  a->overrides = repeated(*command, "--set", "KEY=VALUE", "another value for a key of the file, as prompts.suite=NAME");
  command->add_option("-o,--output", a->folder, "the folder of the results and of the store")->type_name("DIR");
  command->add_flag("--resume")
      ->description("go on with the folder's run; what is measured is never measured again, with this flag or without");
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
