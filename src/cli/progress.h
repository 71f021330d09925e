// A progress bar on standard error, drawn on a terminal only.
#pragma once

#include <chrono>
#include <string>

#include "cli/common.h"

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

}  // namespace sg
