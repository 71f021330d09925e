#include "kernel/elementary.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/counter_rng.h"

namespace sg {
namespace {

TEST(Elementary, AgreesWithTheLibraryOverTheAnglesOfLongContexts) {
  const CounterRng rng(7);
  for (std::uint64_t i = 0; i < 200000; ++i) {
    const double scale = std::pow(10.0, 12.0 * rng.uniform(2 * i) - 6.0);  // 1e-6 to 1e6
    const double x = scale * (2 * rng.uniform(2 * i + 1) - 1);
    const SinCos got = sin_cos(x);
    ASSERT_TRUE(std::abs(got.sin - std::sin(x)) <= 0x1p-50) << x;
    ASSERT_TRUE(std::abs(got.cos - std::cos(x)) <= 0x1p-50) << x;
  }
}

TEST(Elementary, ExactAtZeroAndOddAndUndefinedBeyondItsRange) {
  EXPECT_EQ(sin_cos(0.0).sin, 0.0);
  EXPECT_EQ(sin_cos(0.0).cos, 1.0);
  EXPECT_EQ(sin_cos(-1.25).sin, -sin_cos(1.25).sin);
  EXPECT_TRUE(std::isnan(sin_cos(1e7).cos));
  EXPECT_TRUE(std::isnan(sin_cos(std::nan("")).sin));
}

TEST(Elementary, ExpAndLogAgreeWithTheLibraryOverTheirWholeRange) {
  const CounterRng rng(8);
  for (std::uint64_t i = 0; i < 100000; ++i) {
    const double x = 1400 * rng.uniform(i) - 700;
    ASSERT_TRUE(std::abs(exp_fixed(x) / std::exp(x) - 1) <= 0x1p-50) << x;
    const double y = std::exp(x);
    ASSERT_TRUE(std::abs(log_fixed(y) - std::log(y)) <= 0x1p-50 * std::abs(std::log(y))) << y;
    const double near_one = 1 + (rng.uniform(i + 1000000) - 0.5) * 1e-3;
    ASSERT_TRUE(std::abs(log_fixed(near_one) - std::log(near_one)) <= 0x1p-50 * std::abs(std::log(near_one)))
        << near_one;
  }
}

TEST(Elementary, ExpAndLogAtTheirEnds) {
  EXPECT_EQ(exp_fixed(0), 1.0);
  EXPECT_EQ(exp_fixed(-1e9), 0.0);
  EXPECT_TRUE(std::isinf(exp_fixed(710)));
  EXPECT_EQ(log_fixed(1), 0.0);
  EXPECT_TRUE(std::isinf(log_fixed(0)) && log_fixed(0) < 0);
  EXPECT_TRUE(std::isnan(log_fixed(-1)));
  EXPECT_TRUE(std::isnan(exp_fixed(std::nan(""))));
}

}  // namespace
}  // namespace sg
