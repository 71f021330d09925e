// A progress bar on standard error, drawn on a terminal only.
#pragma once

#include <chrono>
#include <string>

#include "cli/common.h"
#include "hub/download.h"

namespace sg {

class ProgressBar {
 public:
  /// `work` is what is done at 100 %, in `unit`: it gives the rate.
  ProgressBar(const Common& common, double work, std::string unit);
  ~ProgressBar();  // erases the line
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// share from 0 to 1, and what is in hand in place of the rate; redraws at most every kRedraw.
  void update(double share, const std::string& what = {});
  bool shown() const { return shown_; }

 private:
  using Clock = std::chrono::steady_clock;
  bool shown_;
  bool drawn_ = false;
  double work_;
  std::string unit_;
  Clock::time_point start_ = Clock::now(), last_ = {};
};

class PullProgress {
 public:
  /// Drawn on a terminal only, and not with --quiet, --no-progress or HF_HUB_DISABLE_PROGRESS_BARS.
  explicit PullProgress(const Common& common);
  ~PullProgress();  // erases the line
  PullProgress(const PullProgress&) = delete;
  PullProgress& operator=(const PullProgress&) = delete;

  void update(const DownloadProgress& progress);

 private:
  using Clock = std::chrono::steady_clock;
  bool shown_, drawn_ = false, began_ = false;
  std::uint64_t first_ = 0;  // bytes that were there before
  Clock::time_point start_ = {};
};

}  // namespace sg
