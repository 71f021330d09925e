#include "stats/change_point.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <vector>

#include "base/counter_rng.h"

namespace sg {
namespace {

/// Near normal noise: the sum of 12 uniforms, less 6.
double noise(std::uint64_t seed, std::uint64_t index) {
  const CounterRng rng(seed);
  double sum = -6;
  for (std::uint64_t k = 0; k < 12; ++k) sum += rng.uniform(12 * index + k);
  return sum;
}

/// A step of `height` at `at`, with noise of standard deviation 1.
std::vector<double> noisy_step(std::size_t n, std::size_t at, double height, std::uint64_t seed) {
  std::vector<double> series(n);
  for (std::size_t i = 0; i < n; ++i) series[i] = (i < at ? 0 : height) + noise(seed, i);
  return series;
}

TEST(ChangePoint, OfAPureStepIsTheStep) {
  const std::vector<double> series = {5, 5, 5, 2, 2, 2, 2, 2};
  const auto found = change_point(series);
  EXPECT_EQ(found->at, 3u);
  EXPECT_EQ(found->before, 5);
  EXPECT_EQ(found->after, 2);
  EXPECT_DOUBLE_EQ(found->explained, 1);
  const auto interval = change_point_interval(series);
  EXPECT_EQ(interval->low, 3);
  EXPECT_EQ(interval->high, 3);
}

/// Sum of squares about the mean, in whole numbers times n.
long squares_about_mean(std::span<const int> values) {
  long sum = 0, squares = 0;
  for (const int v : values) {
    sum += v;
    squares += static_cast<long>(v) * v;
  }
  return static_cast<long>(values.size()) * squares - sum * sum;
}

RC_GTEST_PROP(ChangePoint, LeavesTheLeastSquares, ()) {
  const auto n = *rc::gen::inRange<std::size_t>(4, 30);
  const auto least = *rc::gen::inRange<std::size_t>(1, n / 2 + 1);
  const auto whole = *rc::gen::container<std::vector<int>>(n, rc::gen::inRange(-20, 20));
  const auto found = change_point(std::vector<double>(whole.begin(), whole.end()), least);
  if (!found.ok()) RC_DISCARD("constant");
  const std::span<const int> series = whole;
  const auto left = [&](std::size_t k) {
    return static_cast<double>(squares_about_mean(series.first(k))) / static_cast<double>(k) +
           static_cast<double>(squares_about_mean(series.subspan(k))) / static_cast<double>(n - k);
  };
  RC_ASSERT(found->at >= least);
  RC_ASSERT(found->at + least <= n);
  const double all = static_cast<double>(squares_about_mean(series)) / static_cast<double>(n);
  for (std::size_t k = least; k + least <= n; ++k) RC_ASSERT(left(found->at) <= left(k) + 1e-9 * all);
  RC_ASSERT(std::abs(found->explained - (1 - left(found->at) / all)) <= 1e-12);
}

RC_GTEST_PROP(ChangePoint, DoesNotSeeScaleAndOffset, ()) {
  const auto seed = *rc::gen::inRange<std::uint64_t>(0, 1000);
  const auto series = noisy_step(20, 8, 2, seed);
  auto moved = series;
  for (double& v : moved) v = 1e6 - 1e-3 * v;
  const auto a = change_point(series), b = change_point(moved);
  RC_ASSERT(a->at == b->at);
  RC_ASSERT(std::abs(a->explained - b->explained) <= 1e-6);
  const auto scaled = [](double v) { return 1e6 - 1e-3 * v; };
  RC_ASSERT(std::abs(b->before - scaled(a->before)) <= 1e-9);
  RC_ASSERT(std::abs(b->after - scaled(a->after)) <= 1e-9);
}

TEST(ChangePoint, TheIntervalCoversTheTruthAboutAsOftenAsItSays) {
  int covered = 0;
  constexpr int kTrials = 200;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto series = noisy_step(24, 12, 2.5, 500 + static_cast<std::uint64_t>(trial));
    const auto interval = change_point_interval(series, {.level = 0.9, .resamples = 300});
    if (interval->low <= 12 && 12 <= interval->high) ++covered;
  }
  // 90 % nominal and whole-number ends rounded outwards, so rather more; binomial standard deviation 2 %.
  EXPECT_GE(covered, kTrials * 0.85);
}

TEST(ChangePoint, TheIntervalWidensAsTheStepFades) {
  const auto clear = change_point_interval(noisy_step(24, 12, 8, 1)),
             faint = change_point_interval(noisy_step(24, 12, 1, 1));
  EXPECT_LT(clear->high - clear->low, faint->high - faint->low);
  EXPECT_EQ(clear->low, 12);
}

TEST(ChangePoint, UndefinedIsAbsentWithItsReason) {
  using V = std::vector<double>;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(change_point(V{1, 2, 3}).reason, "only 3 of the 4 values it needs");
  EXPECT_TRUE(change_point(V{1, 2}, 1).ok());
  EXPECT_EQ(change_point(V{2, 2, 2, 2}).reason, "every value is the same");
  EXPECT_EQ(change_point(V{1, 2, nan, 4}).reason, "value 2 is NaN");
  EXPECT_EQ(change_point_interval(V{2, 2, 2, 2}).reason, "every value is the same");
  EXPECT_THROW((void)change_point(V{1, 2}, 0), std::logic_error);
}

}  // namespace
}  // namespace sg
