#include "stats/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "base/counter_rng.h"

namespace sg {
namespace {

std::vector<double> uniform_sample(std::size_t n, std::uint64_t seed) {
  const CounterRng rng(seed);
  std::vector<double> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = rng.uniform(i);
  return values;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

TEST(Bootstrap, TheSameSeedGivesTheSameInterval) {
  const auto values = uniform_sample(25, 1);
  const auto a = bootstrap_mean(values, {.seed = 5}), b = bootstrap_mean(values, {.seed = 5}),
             c = bootstrap_mean(values, {.seed = 6});
  EXPECT_EQ(a->low, b->low);
  EXPECT_EQ(a->high, b->high);
  EXPECT_NE(a->low, c->low);
}

TEST(Bootstrap, OfAMeanIsNearTheNormalInterval) {
  // A uniform mean of 400 is normal to high accuracy: half width z s / sqrt(n).
  const auto values = uniform_sample(400, 2);
  const double centre = mean(values);
  double squares = 0;
  for (const double v : values) squares += (v - centre) * (v - centre);
  const double half = 1.959964 * std::sqrt(squares / 400) / 20;
  for (const BootstrapKind kind : {BootstrapKind::kPercentile, BootstrapKind::kBca}) {
    const auto interval = bootstrap_mean(values, {.kind = kind});
    EXPECT_NEAR(interval->low, centre - half, 0.06 * half);
    EXPECT_NEAR(interval->high, centre + half, 0.06 * half);
  }
}

TEST(Bootstrap, CoversTheTruthAboutAsOftenAsItSays) {
  int covered = 0;
  constexpr int kTrials = 400;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto interval =
        bootstrap_mean(uniform_sample(30, 100 + static_cast<std::uint64_t>(trial)), {.level = 0.9, .resamples = 500});
    if (interval->low <= 0.5 && 0.5 <= interval->high) ++covered;
  }
  // 90 % nominal; binomial standard deviation 1.5 %, and the bootstrap of 30 units is known to fall a little short.
  EXPECT_GE(covered, kTrials * 0.84);
  EXPECT_LE(covered, kTrials * 0.95);
}

TEST(Bootstrap, BcaLeansTowardsTheLongTail) {
  std::vector<double> skewed = uniform_sample(40, 3);
  for (double& v : skewed) v = std::exp(4 * v);
  const auto plain = bootstrap_mean(skewed, {.kind = BootstrapKind::kPercentile});
  const auto corrected = bootstrap_mean(skewed, {.kind = BootstrapKind::kBca});
  EXPECT_GT(corrected->low, plain->low);
  EXPECT_GT(corrected->high, plain->high);
}

TEST(Bootstrap, EqualsTheDefinitionOnASampleSmallEnoughToEnumerate) {
  // Two units, mean: resamples are {0, 0}, {0, 1}, {1, 0}, {1, 1}; the 95 % percentile interval is the whole range.
  const auto interval = bootstrap_mean(std::vector<double>{0, 1}, {.kind = BootstrapKind::kPercentile});
  EXPECT_EQ(interval->low, 0);
  EXPECT_EQ(interval->high, 1);
}

TEST(Bootstrap, AConstantStatisticHasAPoint) {
  const auto interval = bootstrap_mean(std::vector<double>{2, 2, 2});
  EXPECT_EQ(interval->low, 2);
  EXPECT_EQ(interval->high, 2);
}

TEST(Bootstrap, UndefinedIsAbsent) {
  EXPECT_FALSE(bootstrap_mean(std::vector<double>{}).has_value());
  EXPECT_FALSE(bootstrap_mean(std::vector<double>{1}).has_value());
  EXPECT_FALSE(bootstrap(5, [](auto) { return std::optional<double>(); }).has_value());
  EXPECT_FALSE(bootstrap(5, [](auto) { return std::optional<double>(std::nan("")); }).has_value());
}

}  // namespace
}  // namespace sg
