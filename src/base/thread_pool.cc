#include "base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <system_error>

#include "base/check.h"
#include "base/control_group.h"

namespace sg {
namespace {

// A forward pass issues thousands of jobs a second, most of them microseconds apart: whoever waits looks for this long
// before it sleeps, and offers its processor in between to the thread that it may be waiting for.
constexpr auto kSpinTime = std::chrono::microseconds(500);
constexpr int kPausesPerLook = 64;  // some microseconds

void pause_cpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Returns when done() holds, or after a while.
template <class Done>
void spin_until(Done&& done) {
  for (int i = 0; i < kPausesPerLook; ++i) {
    if (done()) return;
    pause_cpu();
  }
  const auto end = std::chrono::steady_clock::now() + kSpinTime;
  do {
    sched_yield();
    for (int i = 0; i < kPausesPerLook; ++i) {
      if (done()) return;
      pause_cpu();
    }
  } while (std::chrono::steady_clock::now() < end);
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  SG_CHECK(threads >= 1, "a pool needs at least one thread");
  helpers_.reserve(static_cast<std::size_t>(threads - 1));
  try {
    for (int worker = 1; worker < threads; ++worker) helpers_.emplace_back([this, worker] { helper_loop(worker); });
  } catch (const std::system_error&) {
    // No more of them: a limit on processes, or no memory for a stack.
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    generation_.fetch_add(1, std::memory_order_release);
  }
  wake_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

ThreadPool& ThreadPool::serial() {
  static thread_local ThreadPool pool(1);
  return pool;
}

void ThreadPool::run_job(int worker) noexcept {
  try {
    (*job_)(worker);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
}

void ThreadPool::helper_loop(int worker) {
  unsigned seen = 0;
  for (;;) {
    spin_until([&] { return generation_.load(std::memory_order_acquire) != seen; });
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return generation_.load(std::memory_order_acquire) != seen; });
      seen = generation_.load(std::memory_order_acquire);
      if (stop_) return;
    }
    run_job(worker);
    if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      const std::lock_guard lock(mutex_);
      idle_.notify_one();
    }
  }
}

void ThreadPool::run_team(const std::function<void(int)>& job) {
  job_ = &job;
  failure_ = nullptr;
  if (!helpers_.empty()) {
    running_.store(static_cast<int>(helpers_.size()), std::memory_order_relaxed);
    {
      const std::lock_guard lock(mutex_);
      generation_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
  }
  run_job(0);
  spin_until([&] { return running_.load(std::memory_order_acquire) == 0; });
  if (running_.load(std::memory_order_acquire) != 0) {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return running_.load(std::memory_order_acquire) == 0; });
  }
  std::exception_ptr failure;
  {
    const std::lock_guard lock(mutex_);
    failure = std::exchange(failure_, nullptr);
  }
  if (failure) std::rethrow_exception(failure);
}

void ThreadPool::parallel_for(std::size_t n, std::size_t grain, const RangeBody& body) {
  SG_CHECK(grain >= 1, "grain must be positive");
  if (n == 0) return;
  const std::size_t units = (n + grain - 1) / grain;
  const std::size_t team = static_cast<std::size_t>(threads());
  if (team == 1 || units == 1) return body(0, n, 0);
  run_team([&](int worker) {
    const std::size_t w = static_cast<std::size_t>(worker);
    const std::size_t begin = std::min(n, units * w / team * grain);
    const std::size_t end = std::min(n, units * (w + 1) / team * grain);
    if (begin < end) body(begin, end, worker);
  });
}

void ThreadPool::parallel_chunks(std::size_t n, std::size_t grain, const RangeBody& body) {
  SG_CHECK(grain >= 1, "grain must be positive");
  if (n == 0) return;
  if (threads() == 1 || n <= grain) return body(0, n, 0);
  std::atomic<std::size_t> next{0};
  run_team([&](int worker) {
    for (;;) {
      const std::size_t begin = next.fetch_add(grain, std::memory_order_relaxed);
      if (begin >= n) return;
      body(begin, std::min(n, begin + grain), worker);
    }
  });
}

int available_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const bool told = sched_getaffinity(0, sizeof(set), &set) == 0;
  const int processors = told ? CPU_COUNT(&set) : static_cast<int>(std::thread::hardware_concurrency());
  const double quota = control_group_limits().processors.value_or(processors);
  return std::max(1, quota < processors ? static_cast<int>(std::ceil(quota)) : processors);
}

}  // namespace sg
