// EXPERIMENT and what is run over which models, for run and plan.
#include "cli/run_flags.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/number_text.h"
#include "cli/flags.h"
#include "cli/outcome.h"
#include "cli/signals.h"
#include "experiment/file/builtin.h"
#include "experiment/file/parse.h"
#include "experiment/run/stand_ins.h"
#include "report/text/model_text.h"
#include "report/text/status_text.h"

namespace sg {
namespace {

Result<std::vector<KeyedModel>> given_models(const RunArguments& a) {
  std::vector<KeyedModel> models;
  if (a.models->count() == 0) return models;
  for (const std::string& text : a.models->results()) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      return usage_error({.what = "not a model with its key",
                          .where = "--model",
                          .expected = "KEY=MODEL, as base=./checkpoint",
                          .got = "'" + text + "'"});
    }
    models.push_back({.key = text.substr(0, equals), .model = text.substr(equals + 1)});
  }
  return models;
}

/// What is run over which models; the experiment is changed where they bring their own prompts.
Result<RunOptions> options_of(const RunArguments& a, const Common& common, Experiment& experiment) {
  RunOptions options;
  StandIns models;
  if (a.zoo) {
    SG_TRY(models, stand_in_zoo(experiment));
  } else if (!a.checkpoints.empty()) {
    SG_TRY(models, stand_in_checkpoints(experiment, a.checkpoints));
  } else {
    SG_TRY(models.models, given_models(a));
  }
  options.models = std::move(models.models);
  options.notices = std::move(models.notices);
  options.pocket = a.zoo;
  options.started = time_stamp();
  SG_TRY_VOID(use_machine(common, a.memory, options));
  return options;
}

/// --set, and the flags of prompts as what they change of the file.
std::vector<std::string> changes_of(const RunArguments& a) {
  std::vector<std::string> changes = a.overrides->count() > 0 ? a.overrides->results() : std::vector<std::string>();
  const auto change = [&](const char* key, const std::string& text) {
    if (!text.empty()) changes.push_back(text_override(key, text));
  };
  const std::string& file = a.prompts.file;  // relative to where the command runs, not to the experiment
  change("prompts.file", file.empty() || file == "-" ? file : std::filesystem::absolute(file).string());
  change("prompts.text_key", a.prompts.text_key);
  change("prompts.id_key", a.prompts.id_key);
  change("prompts.special", a.prompts.special);
  change("prompts.system", a.prompts.system);
  change("prompts.chat_template_kwargs", a.prompts.template_values);
  if (!a.axes.empty()) {
    std::string list;
    for (const std::string& axis : a.axes) list += (list.empty() ? "\"" : ", \"") + axis + "\"";
    changes.push_back("axes=[" + list + "]");
  }
  change("precision", a.precision);
  if (a.prompts.chat) changes.emplace_back("prompts.chat=true");
  if (a.prompts.no_generation_prompt) changes.emplace_back("prompts.generation_prompt=false");
  return changes;
}

/// Every prompt of every model that can be measured, and what a model's weights are besides.
Result<WorkCost> cost_of(const SharedRun& run, const RunOptions& options) {
  WorkCost cost = {.tasks = run.pieces.size()};
  for (const RunPiece& piece : run.pieces) {
    const ModelOutcome& outcome = run.record.models[piece.model];
    std::uint64_t tokens = 0;
    for (std::size_t i = piece.begin; i < piece.end; ++i) tokens += outcome.prompts[i].ids.size();
    cost.tokens += tokens;
    cost.flops += 2.0 * static_cast<double>(outcome.facts->parameters) * static_cast<double>(tokens);
    if (piece.begin == 0 && !piece.weights) cost.weights += outcome.facts->parameters * 2;
  }
  SG_TRY(cost.pace, measure_pace(options.threads, options.isa));
  return cost;
}

}  // namespace

Result<std::string> planned_text(const SharedRun& run, const RunOptions& options, const Console& console,
                                 const std::string& where) {
  if (run.pieces.empty()) {
    return Error{.what = "no model of the run can be measured here",
                 .where = run.record.models.empty() ? "" : run.record.models.front().key,
                 .got = run.record.models.empty() ? "no model" : run.record.models.front().error.value_or("")};
  }
  std::size_t models = 0;
  for (std::size_t m = 0; m < run.record.models.size(); ++m) {
    const bool has_tasks = std::ranges::any_of(run.pieces, [&](const RunPiece& piece) { return piece.model == m; });
    models += has_tasks ? 1 : 0;
    if (!has_tasks) console.warning(run.record.models[m].key + ": " + run.record.models[m].error.value_or(""));
  }
  SG_TRY(const WorkCost cost, cost_of(run, options));
  return fmt::format("{} over {}{}\n", counted(run.pieces.size(), "task"), counted(models, "model"), where) +
         cost_text(cost);
}

Result<RunSetup> set_up_run(const RunArguments& a, const Common& common) {
  RunSetup setup;
  SG_TRY(const ExperimentText file, find_experiment(a.experiment));
  SG_TRY(setup.experiment, parse_experiment(file.text, file.file, changes_of(a)));
  SG_TRY(setup.options, options_of(a, common, setup.experiment));
  SG_TRY(const PromptFile prompts, load_prompts(setup.experiment, most_text(setup.options.memory_budget)));
  const Console console(common);
  console.warnings(prompts.warnings);
  if (!prompts.said.empty()) console.note(prompts.said);
  if (a.folder.empty() && !a.plan) {
    return usage_error({.what = "a run needs a folder for its results", .hint = "Name one with -o DIR"});
  }
  if (a.plan) return setup;
  SG_TRY(const Cast cast, cast_models(setup.experiment, setup.options.models));
  std::vector<std::string> sources;
  for (const ModelData& model : cast.models) sources.push_back(model.source);
  SG_TRY(setup.supply, HubSupply::open(sources, a.fetching, common));
  setup.options.supply = setup.supply.get();
  return setup;
}

void add_run_flags(CLI::App& command, RunArguments& a, bool required) {
  command.add_option("EXPERIMENT", a.experiment, "a built-in name, see list experiments, or a TOML file")
      ->required(required);
  a.models = add_repeated(command, "-m,--model", "KEY=MODEL",
                          "a model, and the experiment's key for it; repeat it for more. Without any, those of the "
                          "file from the Hub, those that are not in its cache fetched");
  command.add_flag("--zoo", a.zoo, "the pocket zoo's small trained models, which come with the program, as stand-ins")
      ->excludes(a.models);
  add_value(command, "--checkpoints", a.checkpoints, "FOLDER",
            "the checkpoints of one training run as the models: a folder of step-000100, checkpoint-500 and so on")
      ->excludes(a.models)
      ->excludes("--zoo");
  add_reading_flags(command, a.prompts);
  add_axes(command, a.axes);
  a.overrides =
      add_repeated(command, "--set", "KEY=VALUE", "another value for a key of the file, as prompts.suite=NAME");
  add_precision(command, a.precision);
  add_value(command, "-o,--output", a.folder, "DIR", "the folder of the results and of the store");
  command.add_flag("--yes", a.fetching.agreed, "fetch models of more than 100 GB together without asking");
  add_memory(command, a.memory);
}

}  // namespace sg
