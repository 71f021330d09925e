#include "base/thread_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace sg {
namespace {

TEST(ThreadPool, EveryIndexExactlyOnceForEveryTeamAndGrain) {
  for (const int threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads);
    for (const std::size_t n : {0u, 1u, 5u, 64u, 1001u}) {
      for (const std::size_t grain : {1u, 4u, 100u}) {
        std::vector<std::atomic<int>> fixed(n), dynamic(n);
        pool.parallel_for(n, grain, [&](std::size_t b, std::size_t e, int) {
          EXPECT_EQ(b % grain, 0u);
          for (std::size_t i = b; i < e; ++i) ++fixed[i];
        });
        pool.parallel_chunks(n, grain, [&](std::size_t b, std::size_t e, int) {
          for (std::size_t i = b; i < e; ++i) ++dynamic[i];
        });
        for (std::size_t i = 0; i < n; ++i) {
          EXPECT_EQ(fixed[i], 1);
          EXPECT_EQ(dynamic[i], 1);
        }
      }
    }
  }
}

TEST(ThreadPool, WorkerNumbersStayInTheTeam) {
  ThreadPool pool(3);
  pool.parallel_for(300, 1, [&](std::size_t, std::size_t, int worker) {
    EXPECT_GE(worker, 0);
    EXPECT_LT(worker, 3);
  });
}

TEST(ThreadPool, AnExceptionReachesTheCallerAndThePoolGoesOn) {
  ThreadPool pool(2);
  EXPECT_THROW(pool.parallel_for(10, 1, [](std::size_t, std::size_t, int) { throw std::runtime_error("x"); }),
               std::runtime_error);
  std::atomic<int> sum{0};
  pool.parallel_for(10, 1, [&](std::size_t b, std::size_t e, int) { sum += static_cast<int>(e - b); });
  EXPECT_EQ(sum, 10);
}

// Sanitizers need more address space than the test leaves.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void fill_with_little_address_space() {
  const rlimit room = {.rlim_cur = std::uint64_t{256} << 20, .rlim_max = std::uint64_t{256} << 20};
  ::setrlimit(RLIMIT_AS, &room);  // some stacks of 8 MB, not 500
  ThreadPool pool(500);
  std::vector<int> seen(1000);
  pool.parallel_for(seen.size(), 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) ++seen[i];
  });
  const bool all = std::count(seen.begin(), seen.end(), 1) == 1000;
  ::_exit(all && pool.threads() < 500 ? 0 : 1);
}

TEST(ThreadPool, IsSmallerWhereTheSystemRefusesThreads) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(fill_with_little_address_space(), ::testing::ExitedWithCode(0), "");
}
#endif

}  // namespace
}  // namespace sg
