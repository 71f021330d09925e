// EXPERIMENT and what is run over which models, for run and plan.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/common.h"
#include "cli/hub_supply.h"
#include "cli/prompts.h"
#include "experiment/run/run.h"

namespace sg {

struct RunArguments {
  std::string experiment, folder, memory, checkpoints, precision;
  PromptArguments prompts;
  std::vector<std::string> axes;
  CLI::Option* models = nullptr;
  CLI::Option* overrides = nullptr;
  bool zoo = false;
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
Result<RunSetup> set_up_run(const RunArguments& arguments, const Common& common);

}  // namespace sg
