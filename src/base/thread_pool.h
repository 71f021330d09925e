// ThreadPool: a fixed team of threads that share out index ranges. Why not oneTBB: docs/adr/0003.
// Results never depend on who computes what: every output is written by exactly one index, and each
// index computes in one fixed order. tests/property holds that for threads 1, 2, 3, 7 and 16.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace sg {

/// The calling thread is worker 0 and works too. Calls must come from one thread at a time; a call
/// from inside a body must use another pool (usually ThreadPool::serial()).
class ThreadPool {
 public:
  using RangeBody = std::function<void(std::size_t begin, std::size_t end, int worker)>;

  /// threads >= 1. One thread starts no thread at all. Where the system refuses a thread the team stays smaller:
  /// results do not depend on it.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(helpers_.size()) + 1; }

  /// Static partition: worker w gets one contiguous range of [0, n), cut at multiples of `grain`.
  void parallel_for(std::size_t n, std::size_t grain, const RangeBody& body);

  /// Dynamic: workers take chunks of `grain` indices as they become free; for uneven work.
  void parallel_chunks(std::size_t n, std::size_t grain, const RangeBody& body);

  /// A pool of the calling thread alone; safe to use from any thread.
  static ThreadPool& serial();

 private:
  void run_team(const std::function<void(int worker)>& job);
  void helper_loop(int worker);
  void run_job(int worker) noexcept;

  std::vector<std::thread> helpers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  const std::function<void(int)>* job_ = nullptr;
  std::atomic<unsigned> generation_{0};  // counts jobs; helpers spin briefly on it before they sleep
  std::atomic<int> running_{0};          // helpers still inside the current job
  bool stop_ = false;
  std::exception_ptr failure_;
};

/// Threads this process may use, at least 1: its CPU affinity, or the quota of its control groups, rounded up.
int available_threads();

}  // namespace sg
