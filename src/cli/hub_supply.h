// The models of a run from the Hub: fetched one at a time by a thread of its own, and removed again when that is asked
// for.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/common.h"
#include "cli/obtaining.h"
#include "experiment/run/model_supply.h"

namespace sg {

class HubSupply final : public ModelSupply {
 public:
  struct Options {
    bool agreed = false;        // more than 100 GB may be fetched
    bool delete_after = false;  // what was fetched is removed when the run is done with it
  };
  /// Asks the Hub how much the models are that this machine lacks. A model that it does not give fails when it is
  /// brought. Errors: more than 100 GB together that nobody agreed to (usage); no libcurl; interrupted.
  static Result<std::unique_ptr<HubSupply>> open(const std::vector<std::string>& models, const Options& options,
                                                 const Common& common);
  HubSupply(const HubSupply&) = delete;
  HubSupply& operator=(const HubSupply&) = delete;
  ~HubSupply() override;

  bool is_here(const std::string& source) override;
  void want(const std::string& source) override;
  Result<void> bring(const std::string& source) override;
  void done(const std::string& source) override;

 private:
  struct Wanted {
    std::optional<PullPlan> plan;  // absent: `outcome` says why
    std::optional<Result<void>> outcome;
  };
  HubSupply(const Options& options, const Common& common) : options_(options), common_(common) {}
  Result<void> ask(const std::vector<std::string>& models);
  /// What the thread has done, once it has; its progress is drawn meanwhile.
  Result<void> wait();

  const Options options_;
  const Common common_;
  std::atomic<bool> stop_{false};
  std::optional<Hub> hub_;  // the thread's, while there is one
  std::map<std::string, Wanted> wanted_;
  std::thread thread_;
  std::string coming_;  // what the thread fetches

  std::mutex mutex_;
  std::condition_variable changed_;
  DownloadProgress progress_;            // under the mutex, as what follows
  std::optional<Result<void>> arrived_;  // what the thread ended with
};

}  // namespace sg
