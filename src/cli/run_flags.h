// EXPERIMENT and what is run over which models, for run and plan.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/common.h"
#include "cli/hub_supply.h"
#include "cli/prompts.h"
#include "experiment/run/shared_run.h"

namespace sg {

struct RunArguments {
  std::string experiment, folder, memory, checkpoints, precision;
  PromptArguments prompts;
  std::vector<std::string> axes;
  CLI::Option* models = nullptr;
  CLI::Option* overrides = nullptr;
  bool zoo = false, plan = false;  // plan: nothing is brought or written
  HubSupply::Options fetching;
};
/// All of them; the experiment's name is required when `required` says so.
void add_run_flags(CLI::App& command, RunArguments& arguments, bool required);

/// An experiment with its prompts read, and how it runs. Errors (usage): no folder; those of the file and the flags.
struct RunSetup {
  Experiment experiment;
  RunOptions options;
  std::unique_ptr<HubSupply> supply;
};
/// What a shared run comes to, for people, and what its tasks would cost; says on the console which models have none.
/// Error: no model can be measured here.
Result<std::string> planned_text(const SharedRun& run, const RunOptions& options, const Console& console,
                                 const std::string& where);
Result<RunSetup> set_up_run(const RunArguments& arguments, const Common& common);

}  // namespace sg
