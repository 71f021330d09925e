// pull: a repository's files into the cache, verified.
#pragma once

#include <filesystem>
#include <functional>

#include "base/result.h"
#include "hub/download.h"
#include "hub/file_choice.h"
#include "hub/hub.h"
#include "io/hub_cache.h"

namespace sg {

/// What will be fetched.
struct PullPlan {
  std::string repo, revision, commit;
  std::vector<HubFile> files;  // all that are wanted, also those that are there
  std::uint64_t bytes = 0;     // of them
  std::uint64_t to_fetch = 0;  // bytes that are not there yet
  std::filesystem::path snapshot;
};

/// Asks the Hub; writes nothing but the commit's listing. Errors: those of the Hub's answers and of the choice.
Result<PullPlan> plan_pull(Hub& hub, const HubId& id, const FileGlobs& globs);

/// Fetches what the plan lacks, then names the commit in refs/. Errors: as of download.
Result<void> pull(Hub& hub, const PullPlan& plan, const DownloadOptions& options);

/// False when a snapshot's index names shards that are not beside it.
bool has_all_shards(const std::filesystem::path& snapshot);

}  // namespace sg
