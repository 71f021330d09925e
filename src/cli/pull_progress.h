// How a download stands, on one line of a terminal: the file that comes, the whole, speed and time left.
#pragma once

#include <chrono>

#include "cli/common.h"
#include "hub/download.h"

namespace sg {

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
