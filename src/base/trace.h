// Trace: when which part of a run was at work, for `--trace` (Chrome's trace event format, report/data/trace_json.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace sg {

/// One stretch of time on one track; times in microseconds since the trace began.
struct TraceEvent {
  const char* track = "";  // "compute", "read"; a literal
  std::string name;        // "attn_out[3]"
  double start = 0, duration = 0;
  std::uint64_t bytes = 0;  // read in it; 0: none
};

/// Collects events from any thread.
class Trace {
 public:
  Trace() : began_(std::chrono::steady_clock::now()) {}
  double now() const;
  void add(TraceEvent event);
  /// What was collected, by start.
  std::vector<TraceEvent> events() const;

 private:
  const std::chrono::steady_clock::time_point began_;
  mutable std::mutex mutex_;
  std::vector<TraceEvent> events_;
};

/// From here to the end of the scope; costs nothing without a trace.
class TraceSpan {
 public:
  /// name(): called only when there is a trace.
  template <class Name>
  TraceSpan(Trace* trace, const char* track, Name&& name, std::uint64_t bytes = 0) : trace_(trace) {
    if (trace_ != nullptr) event_ = {.track = track, .name = name(), .start = trace_->now(), .bytes = bytes};
  }
  TraceSpan(const TraceSpan&) = delete;
  TraceSpan& operator=(const TraceSpan&) = delete;
  ~TraceSpan() {
    if (trace_ == nullptr) return;
    event_.duration = trace_->now() - event_.start;
    trace_->add(std::move(event_));
  }

 private:
  Trace* trace_;
  TraceEvent event_;
};

}  // namespace sg
