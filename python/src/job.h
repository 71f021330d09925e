// A call of the engine from Python: on a thread of its own, without the interpreter's lock, so that other threads of
// Python go on, Ctrl-C is heard and progress is told from the thread that asked.
#pragma once

#include <nanobind/nanobind.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "streamgauge/streamgauge.h"

namespace sgpy {

/// An Error on its way to Python, where it is streamgauge.Error.
struct Failure {
  streamgauge::Error error;
};

template <class T>
T value_of(streamgauge::Result<T> result) {
  if (!result.ok()) throw Failure{std::move(result).error()};
  return std::move(result).value();
}

/// What the engine's thread and Python's share. It lives until both are done with it.
template <class T>
struct Job {
  std::atomic<bool> stop{false};
  std::atomic<double> share{0};
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;  // under the mutex, as what follows
  std::optional<streamgauge::Result<T>> result;
  std::exception_ptr fault;
  std::vector<std::string> warnings;

  /// Waits this long at most; whether the work is done.
  bool wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, time, [this] { return done; });
  }
};

/// Whether `kept` was filled: a signal's exception, or one of the progress function.
template <class T>
bool interrupted(const Job<T>& job, nanobind::handle progress, double& told,
                 std::optional<nanobind::python_error>& kept) {
  const nanobind::gil_scoped_acquire held;
  try {
    if (PyErr_CheckSignals() != 0) throw nanobind::python_error();
    const double share = job.share.load();
    if (!progress.is_none() && share > told) progress(told = share);
  } catch (nanobind::python_error& error) {
    kept.emplace(std::move(error));
  }
  return kept.has_value();
}

/// Runs `work(RunOptions)`, which must own all that it touches: after Ctrl-C it may go on for a moment, to the end of
/// the layer that it is in, when nobody waits for it any more.
template <class T, class Work>
T run_job(streamgauge::RunOptions options, nanobind::handle progress, Work work) {
  constexpr std::chrono::milliseconds kListen(20), kPatience(50);  // together under the 100 ms that people notice
  const auto job = std::make_shared<Job<T>>();
  options.stop = &job->stop;
  options.progress = [shared = job.get()](double share) { shared->share.store(share); };
  options.warn = [shared = job.get()](const std::string& warning) {
    const std::lock_guard lock(shared->mutex);
    shared->warnings.push_back(warning);
  };
  std::thread worker([job, options, work = std::move(work)]() mutable {
    std::optional<streamgauge::Result<T>> result;
    std::exception_ptr fault;
    try {
      result.emplace(work(options));
    } catch (...) {
      fault = std::current_exception();
    }
    const std::lock_guard lock(job->mutex);
    job->result = std::move(result);
    job->fault = fault;
    job->done = true;
    job->changed.notify_all();
  });
  std::optional<nanobind::python_error> kept;
  {
    const nanobind::gil_scoped_release released;
    double told = 0;
    while (!job->wait(kListen)) {
      if (!interrupted(*job, progress, told, kept)) continue;
      job->stop.store(true);
      if (!job->wait(kPatience)) {
        worker.detach();
        break;
      }
    }
    if (worker.joinable()) worker.join();
  }
  if (kept) throw std::move(*kept);
  if (job->fault) std::rethrow_exception(job->fault);
  for (const std::string& warning : job->warnings) {
    constexpr int kCallerOfThePackage = 2;
    if (PyErr_WarnEx(PyExc_UserWarning, warning.c_str(), kCallerOfThePackage) != 0) throw nanobind::python_error();
  }
  if (!progress.is_none()) progress(1.0);
  return value_of(std::move(*job->result));
}

}  // namespace sgpy
