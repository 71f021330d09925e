#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
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

}  // namespace
}  // namespace sg
