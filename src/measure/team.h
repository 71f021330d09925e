// Team: the machines of a run, one for each of its devices, which share its passes out.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "measure/machine.h"

namespace sg {

/// Each machine has rows and weights of its own and knows nothing of the others.
class Team {
 public:
  /// A machine for each device that options.device names, the host's threads shared out, at least one for each; all:
  /// every GPU that can be used. A model that is elsewhere has one, for what it read is dropped for everybody.
  /// Errors: as Machine::open, of any GPU that is named, of the first when none can be used.
  static Result<std::unique_ptr<Team>> open(const Model& model, const MeasureOptions& options);

  std::size_t size() const { return machines_.size(); }
  Machine& operator[](std::size_t number) { return *machines_[number]; }
  const Kernels& kernels() const { return machines_.front()->kernels(); }
  /// Of the host, as documents say it: the same for any number of devices.
  int threads() const { return threads_; }

  /// Does jobs 0, 1, ... on the machines, each of which takes the next one when it is free, from a thread of its own.
  /// A job that failed by a machine's GPU is done again on another, and that machine does no more; warn() says so.
  /// Errors: the first one otherwise, or the last GPU's. Jobs that had begun then go to their ends.
  using Job = std::function<Result<void>(std::size_t number, std::size_t machine)>;
  Result<void> share_out(std::size_t jobs, const Job& job);

  /// options.warn, from any thread.
  void warn(const std::string& warning);

 private:
  Team(int threads, std::function<void(const std::string&)> warn) : threads_(threads), warn_(std::move(warn)) {}
  /// False when there is no other machine that goes on.
  bool leaves_out(std::size_t machine);

  int threads_;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::vector<bool> lost_;  // by machine; never all of them
  std::function<void(const std::string&)> warn_;
  std::mutex warning_;
};

}  // namespace sg
