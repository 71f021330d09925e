#include "cli/hub_supply.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/number_text.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "hub/cache_layout.h"
#include "io/hub_cache.h"
#include "report/text/model_text.h"

namespace sg {
namespace {

constexpr std::uint64_t kAskedAbove = 100'000'000'000;  // bytes that nobody means to fetch by the way
constexpr auto kRedraw = std::chrono::milliseconds(100);

/// Whether the name is one of the Hub, and of a model that this machine lacks.
bool is_elsewhere(const std::string& model) {
  std::error_code ignored;
  const std::optional<HubId> id = parse_hub_id(model);
  if (!id || std::filesystem::exists(model, ignored)) return false;
  return (id->scheme || id->repo.find('/') != std::string::npos) && !find_cached(hub_cache_folder(), *id).ok();
}

}  // namespace

Result<std::unique_ptr<HubSupply>> HubSupply::open(const std::vector<std::string>& models, const Options& options,
                                                   const Common& common) {
  std::unique_ptr<HubSupply> supply(new HubSupply(options, common));
  if (!common.offline && !hub_settings().offline) SG_TRY_VOID(supply->ask(models));
  return supply;
}

Result<void> HubSupply::ask(const std::vector<std::string>& models) {
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  bool failed = false;  // what keeps one from being fetched mostly keeps all, and is said once
  for (const std::string& model : models) {
    if (wanted_.contains(model) || !is_elsewhere(model)) continue;
    if (!hub_) {
      SG_TRY(hub_, open_hub(common_, stop_));
    }
    Result<PullPlan> plan = plan_pull(*hub_, *parse_hub_id(model), {});
    Wanted& wanted = wanted_[model];
    if (plan.ok()) {
      bytes += plan.value().to_fetch;
      ++count;
      wanted.plan = std::move(plan).value();
    } else {
      if (plan.error().kind == ErrorKind::kInterrupted) return plan.error();
      if (!std::exchange(failed, true)) Console(common_).warning(plan.error().message());
      wanted.outcome = plan.error();
    }
  }
  if (bytes <= kAskedAbove || options_.agreed) return {};
  return usage_error(
      {.what = "the experiment's models are large",
       .expected = "--yes to fetch them",
       .got = fmt::format("{} to fetch, of {}", bytes_text(bytes), counted(count, "model")),
       .hint = "--model KEY=MODEL names smaller ones; --delete-after keeps no two of them longer than needed"});
}

HubSupply::~HubSupply() {
  if (!thread_.joinable()) return;
  stop_ = true;
  thread_.join();
}

bool HubSupply::is_here(const std::string& source) {
  const auto found = wanted_.find(source);
  return found == wanted_.end() || (found->second.outcome && found->second.outcome->ok());
}

void HubSupply::want(const std::string& source) {
  const auto found = wanted_.find(source);
  if (found == wanted_.end() || found->second.outcome || thread_.joinable()) return;
  const PullPlan& plan = *found->second.plan;
  tell_plan(plan, common_);
  coming_ = source;
  arrived_.reset();
  progress_ = {};
  thread_ = std::thread([this, &plan] {
    const auto hear = [this](const DownloadProgress& progress) {
      const std::lock_guard lock(mutex_);
      progress_ = progress;
    };
    Result<void> outcome = pull(*hub_, plan, {.progress = hear});
    const std::lock_guard lock(mutex_);
    arrived_ = std::move(outcome);
    changed_.notify_all();
  });
}

Result<void> HubSupply::wait() {
  PullProgress bar(common_);
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kRedraw, [this] { return arrived_.has_value(); })) {
    if (stop_requested()) stop_ = true;
    if (progress_.total > 0) bar.update(progress_);
  }
  lock.unlock();
  thread_.join();
  return *arrived_;
}

Result<void> HubSupply::bring(const std::string& source) {
  if (is_here(source)) return {};
  Wanted& wanted = wanted_.at(source);
  if (wanted.outcome) return *wanted.outcome;
  if (thread_.joinable() && coming_ != source) wanted_.at(coming_).outcome = wait();
  want(source);
  Result<void> outcome = wait();
  if (!outcome.ok() && outcome.error().kind == ErrorKind::kResource && options_.delete_after) {
    want(source);  // the model before has made room since
    outcome = wait();
  }
  wanted.outcome = outcome;
  return outcome;
}

void HubSupply::done(const std::string& source) {
  const auto found = wanted_.find(source);
  if (!options_.delete_after || found == wanted_.end() || !found->second.outcome || !found->second.outcome->ok())
    return;
  const PullPlan& plan = *found->second.plan;
  const CacheLayout layout(hub_->settings(), plan.repo, plan.commit);
  remove_commit(layout, plan.files);
  Console(common_).info(
      fmt::format("removed {}@{} from the cache: {}", plan.repo, plan.revision, bytes_text(plan.bytes)));
}

}  // namespace sg
