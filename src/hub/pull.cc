#include "hub/pull.h"

#include "base/folder.h"
#include "io/file_map.h"
#include "io/safetensors_index.h"

namespace sg {

Result<PullPlan> plan_pull(Hub& hub, const HubId& id, const FileGlobs& globs) {
  PullPlan plan = {.repo = id.repo, .revision = id.revision};
  SG_TRY(plan.commit, hub.commit_of(id.repo, id.revision));
  const CacheLayout layout(hub.settings(), id.repo, plan.commit);
  std::optional<std::vector<HubFile>> all = layout.read_tree();  // a commit's listing never changes
  if (!all || !check_listing(*all, "trees").ok()) {
    SG_TRY(all, hub.files(id.repo, plan.commit));
    layout.write_tree(*all);
  }
  SG_TRY(plan.files, choose_files(*all, id, globs));
  for (const HubFile& file : plan.files) plan.bytes += file.size;
  plan.to_fetch = bytes_to_fetch(plan.files, layout);
  plan.snapshot = layout.snapshot();
  return plan;
}

Result<void> pull(Hub& hub, const PullPlan& plan, const DownloadOptions& options) {
  const CacheLayout layout(hub.settings(), plan.repo, plan.commit);
  SG_TRY_VOID(download(hub, plan.repo, plan.files, layout, options));
  return layout.write_ref(plan.revision);
}

bool has_all_shards(const std::filesystem::path& snapshot) {
  const std::filesystem::path index = snapshot / "model.safetensors.index.json";
  if (!is_there(index)) return true;
  const Result<FileMap> file = FileMap::open(index);
  if (!file.ok()) return true;  // what is wrong with it is for its reader to say
  const Result<ShardMap> shards = parse_safetensors_index(file.value().bytes(), index.string());
  if (!shards.ok()) return true;
  for (const auto& [name, tensors] : shards.value()) {
    if (!is_there(snapshot / name)) return false;
  }
  return true;
}

}  // namespace sg
