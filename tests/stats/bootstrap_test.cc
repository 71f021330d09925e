#include "stats/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "base/counter_rng.h"
#include "reference.h"
#include "stats/correlation.h"

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

Estimate<Interval> bootstrap_mean(std::span<const double> values, const BootstrapOptions& options = {}) {
  const auto mean = [values](std::span<const std::size_t> units) -> std::optional<double> {
    double sum = 0;
    for (const std::size_t u : units) sum += values[u];
    return sum / static_cast<double>(units.size());
  };
  return bootstrap(values.size(), mean, options);
}

Estimate<Interval> bootstrap_pearson(std::span<const double> x, std::span<const double> y,
                                     const BootstrapOptions& options = {}) {
  const auto r = [](std::span<const double> a, std::span<const double> b) -> std::optional<double> {
    const auto c = pearson(a, b);
    return c.ok() ? std::optional(c->r) : std::nullopt;
  };
  return bootstrap_pairs(x, y, r, options);
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

TEST(Bootstrap, AgreesWithScipyWithinMonteCarloError) {
  for (const auto& c : reference_cases("bootstrap")) {
    SCOPED_TRACE(c.at("statistic").get<std::string>() + " " + c.at("method").get<std::string>());
    const BootstrapOptions options = {
        .kind = c.at("method") == "BCa" ? BootstrapKind::kBca : BootstrapKind::kPercentile, .resamples = 40000};
    const auto x = doubles(c.at("x"));
    const auto interval =
        c.at("statistic") == "mean" ? bootstrap_mean(x, options) : bootstrap_pearson(x, doubles(c.at("y")), options);
    ASSERT_TRUE(interval.ok()) << interval.reason;
    const double low = c.at("interval").at("low"), high = c.at("interval").at("high");
    // A 2.5 % quantile of B draws of a normal has standard error sqrt(0.025 0.975 / B) / phi(1.96) = 2.67 / sqrt(B)
    // standard deviations, and the interval is some 3.9 of them wide: 0.34 % of the width for B = 40000, 0.15 % for
    // scipy's 200000. BCa reaches further into a long tail, for which 2 % leaves room.
    EXPECT_NEAR(interval->low, low, 0.02 * (high - low));
    EXPECT_NEAR(interval->high, high, 0.02 * (high - low));
  }
}

TEST(Bootstrap, OfPairsDrawsThemTogether) {
  // y = 2 x for every pair, so the ratio of sums is 2 in every resample that keeps the pairs.
  const std::vector<double> x = {1, 2, 4, 8, 16}, y = {2, 4, 8, 16, 32};
  const auto ratio = [](std::span<const double> a, std::span<const double> b) -> std::optional<double> {
    return std::accumulate(b.begin(), b.end(), 0.0) / std::accumulate(a.begin(), a.end(), 0.0);
  };
  const auto interval = bootstrap_pairs(x, y, ratio);
  EXPECT_EQ(interval->low, 2);
  EXPECT_EQ(interval->high, 2);
  EXPECT_EQ(bootstrap_pairs(x, std::vector<double>{1}, ratio).reason, "there are 5 x and 1 y");
}

TEST(Bootstrap, LeavesOutTheFewResamplesWithoutAValue) {
  // All five draws the same pair: 1 of 625. All four: 1 of 64, too many.
  const std::vector<double> x = {1, 2, 3, 4, 5}, y = {2, 1, 4, 3, 6};
  const auto interval = bootstrap_pearson(x, y);
  ASSERT_TRUE(interval.ok()) << interval.reason;
  EXPECT_LT(interval->low, interval->high);
  const std::span<const double> few_x = std::span(x).first(4), few_y = std::span(y).first(4);
  EXPECT_NE(bootstrap_pearson(few_x, few_y).reason.find("the statistic is undefined for 1"), std::string::npos);
}

TEST(Bootstrap, UndefinedIsAbsent) {
  EXPECT_FALSE(bootstrap_mean(std::vector<double>{}).ok());
  EXPECT_FALSE(bootstrap_mean(std::vector<double>{1}).ok());
  EXPECT_FALSE(bootstrap(5, [](auto) { return std::optional<double>(); }).ok());
  EXPECT_FALSE(bootstrap(5, [](auto) { return std::optional<double>(std::nan("")); }).ok());
  EXPECT_EQ(bootstrap_mean(std::vector<double>{1}).reason, "fewer than 2 values to draw from");
  EXPECT_EQ(bootstrap_mean(std::vector<double>{1, std::nan("")}).reason, "the statistic is undefined for the sample");
  EXPECT_EQ(bootstrap_pearson(std::vector<double>{1, 2, 3}, std::vector<double>{1, 1, 1}).reason,
            "the statistic is undefined for the sample");
}

}  // namespace
}  // namespace sg
