// streamgauge analyze: an experiment's statistics and verdicts over stored results.

#include "base/text_file.h"
#include "cli/flags.h"
#include "cli/outcome.h"
#include "cli/signals.h"
#include "experiment/file/builtin.h"
#include "experiment/file/parse.h"
#include "experiment/run/analyze.h"
#include "experiment/value/tree.h"
#include "measure/measure.h"
#include "report/file/output_file.h"
#include "report/file/outputs.h"

namespace sg {
namespace {

struct Arguments {
  std::string experiment, results, folder;
};

Result<int> run(const Arguments& a, const Common& common) {
  SG_TRY(const ExperimentText file, find_experiment(a.experiment));
  SG_TRY(const Experiment experiment, parse_experiment(file.text, file.file));
  SG_TRY_VOID(spare_inputs(outputs_of_report(a.folder), {a.results, file.file}));
  SG_TRY(const std::string json, read_text_file(a.results));
  SG_TRY(const Tree document, read_tree(json, a.results));
  SG_TRY(const std::vector<GivenModel> given, read_results(experiment, document, a.results));
  SG_TRY(const EngineFacts engine, engine_facts(common.threads, common.isa));
  SG_TRY(const ExperimentResult result,
         analyze(experiment, given, {.started = time_stamp(), .engine = engine, .stop = &stop_requested()}));
  SG_TRY_VOID(make_folder(a.folder));
  return present(result, a.folder, common);
}

}  // namespace

void add_analyze(Program& program) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command =
      program.app.add_subcommand("analyze", "statistics, verdicts and figures of stored results, without any model");
  command->add_option("EXPERIMENT", a->experiment, "a built-in name, see list experiments, or a TOML file")->required();
  command
      ->add_option("RESULTS.json", a->results, "results of the study's notebook, or of a run; - reads standard input")
      ->required();
  add_value(*command, "-o,--output", a->folder, "DIR", "the folder of the report")->required();
  finish_command(program, *command, "streamgauge analyze head-density pythia_family.json -o results",
                 [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
