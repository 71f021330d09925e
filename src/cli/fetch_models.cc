#include "cli/fetch_models.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "base/number_text.h"
#include "cli/obtaining.h"
#include "io/hub_cache.h"

namespace sg {
namespace {

constexpr std::uint64_t kAskedAbove = 100'000'000'000;  // bytes that nobody means to fetch by the way

/// Whether the name is one of the Hub, and of a model that this machine lacks.
bool is_elsewhere(const std::string& model) {
  std::error_code ignored;
  const std::optional<HubId> id = parse_hub_id(model);
  if (!id || std::filesystem::exists(model, ignored)) return false;
  return (id->scheme || id->repo.find('/') != std::string::npos) && !find_cached(hub_cache_folder(), *id).ok();
}

}  // namespace

Result<void> fetch_models(const std::vector<std::string>& models, bool agreed, const Common& common) {
  std::vector<std::string> wanted;
  for (const std::string& model : models) {
    if (is_elsewhere(model)) wanted.push_back(model);
  }
  if (wanted.empty() || common.offline || hub_settings().offline) return {};
  const Console console(common);
  SG_TRY(Hub hub, open_hub(common));
  std::vector<PullPlan> plans;
  std::uint64_t bytes = 0;
  for (const std::string& model : wanted) {
    Result<PullPlan> plan = plan_pull(hub, *parse_hub_id(model), {});
    if (!plan.ok() && plan.error().kind == ErrorKind::kInterrupted) return plan.error();
    if (!plan.ok()) {
      console.warning(plan.error().message());
      continue;
    }
    bytes += plan.value().to_fetch;
    plans.push_back(std::move(plan).value());
  }
  if (bytes > kAskedAbove && !agreed) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = "the experiment's models are large",
                 .expected = "--yes to fetch them",
                 .got = fmt::format("{} to fetch, of {} models", bytes_text(bytes), plans.size()),
                 .hint = "--model KEY=MODEL names smaller ones"};
  }
  for (const PullPlan& plan : plans) {
    const Result<void> fetched = pull_with_progress(hub, plan, common);
    if (!fetched.ok() && fetched.error().kind == ErrorKind::kInterrupted) return fetched.error();
    if (!fetched.ok()) console.warning(fetched.error().message());
  }
  return {};
}

}  // namespace sg
