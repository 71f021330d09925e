#include "cli/obtaining.h"

#include <fmt/format.h>

#include <system_error>

#include "base/number_text.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "hub/unflushed.h"
#include "io/hub_cache.h"
#include "report/text/model_text.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

/// What is there may still lack shards: a snapshot that another program left half.
bool is_whole(const Result<fs::path>& cached) {
  return cached.ok() && (cached.value().extension() == ".gguf" || has_all_shards(cached.value()));
}

Result<Hub> open_hub(const Common& common, const std::string& token, const std::atomic<bool>& stop) {
  HubSettings settings = hub_settings();
  settings.offline = settings.offline || common.offline;
  if (!token.empty()) settings.token = token;
  const Console console(common);
  return Hub::open(std::move(settings),
                   {.stop = &stop, .say = [console](const std::string& line) { console.note(line); }});
}

Result<fs::path> fetch(const HubId& id, const Common& common) {
  SG_TRY(Hub hub, open_hub(common));
  SG_TRY(const PullPlan plan, plan_pull(hub, id, {}));
  SG_TRY_VOID(pull_with_progress(hub, plan, common));
  return find_cached(hub.settings().cache, id);
}

}  // namespace

Result<Hub> open_hub(const Common& common, const std::string& token) {
  return open_hub(common, token, stop_requested());
}

Result<Hub> open_hub(const Common& common, const std::atomic<bool>& stop) { return open_hub(common, {}, stop); }

void tell_plan(const PullPlan& plan, const Common& common) {
  const std::string rest =
      plan.to_fetch == plan.bytes ? "" : fmt::format(", {} of them not here yet", bytes_text(plan.to_fetch));
  Console(common).note(fmt::format("fetching {}@{}: {}, {}{}", plan.repo, plan.revision,
                                   counted(plan.files.size(), "file"), bytes_text(plan.bytes), rest));
}

Result<void> pull_with_progress(Hub& hub, const PullPlan& plan, const Common& common) {
  tell_plan(plan, common);
  PullProgress bar(common);
  return stoppable([&] {
    return pull(hub, plan, {.progress = [&bar](const DownloadProgress& progress) { bar.update(progress); }});
  });
}

Result<fs::path> obtain_model(const std::string& model, const Common& common) {
  std::error_code ignored;
  const std::optional<HubId> id = parse_hub_id(model);
  if (fs::exists(model, ignored) || fs::is_symlink(model, ignored) || !id) return find_model(model);
  settle_unflushed(hub_cache_folder(), repo_folder_name(id->repo));
  Result<fs::path> cached = find_cached(hub_cache_folder(), *id);
  if (is_whole(cached)) return cached;
  const bool offline = common.offline || hub_settings().offline;
  const bool named = id->scheme || id->repo.find('/') != std::string::npos;
  if (offline || !named) {
    if (cached.ok()) return cached;
    Error error = cached.error();
    if (offline)
      error.hint += (error.hint.empty() ? "" : ". ") + std::string("Nothing is fetched: this call is offline");
    if (!offline) error.hint += fmt::format(". hf://{} asks the Hub for a model without an organisation", id->repo);
    return error;
  }
  Result<fs::path> fetched = fetch(*id, common);
  if (fetched.ok() || fetched.error().kind == ErrorKind::kInterrupted) return fetched;
  Error error = fetched.error();
  if (!cached.ok()) error.what = fmt::format("{} is not on this machine, and {}", id->repo, error.what);
  return error;
}

}  // namespace sg
