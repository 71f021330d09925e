// MODEL of the command line as files on this machine: what is not here yet is fetched from the Hub, after one line
// that says how much.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include "cli/common.h"
#include "hub/pull.h"

namespace sg {

/// The Hub as the environment and the flags say; its lines go to the console, and Ctrl-C ends what it does. `token`:
/// in place of the stored one, when it is not empty. Errors: as of Hub::open.
Result<Hub> open_hub(const Common& common, const std::string& token = {});
/// The same, ended by the caller's own word.
Result<Hub> open_hub(const Common& common, const std::atomic<bool>& stop);

/// The line that says how much the plan fetches.
void tell_plan(const PullPlan& plan, const Common& common);

/// Tells the plan and fetches it, with progress. Errors: as of pull.
Result<void> pull_with_progress(Hub& hub, const PullPlan& plan, const Common& common);

/// The path of MODEL: an existing path wins, then the cache, then the Hub, unless the call is offline. A name without
/// an organisation is asked for as hf://NAME only: it is more often a file that is not there.
Result<std::filesystem::path> obtain_model(const std::string& model, const Common& common);

}  // namespace sg
