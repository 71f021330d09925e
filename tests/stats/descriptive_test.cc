#include "stats/descriptive.h"

#include <gtest/gtest.h>

#include <limits>

#include "reference.h"

namespace sg {
namespace {

TEST(Descriptive, AgreesWithTheExactValue) {
  for (const auto& c : reference_cases("descriptive")) {
    SCOPED_TRACE(c.at("name"));
    const auto x = doubles(c.at("x"));
    const auto expect = [&](const Estimate<double>& found, const char* key, double relative) {
      ASSERT_EQ(found.ok(), c.contains(key)) << key << ": " << found.reason;
      if (!found.ok()) return;
      EXPECT_TRUE(near_relative(*found.value, c.at(key), relative)) << key;
    };
    expect(arithmetic_mean(x), "mean", 5e-16);
    // A logarithm near 700 is right to 1e-13, and so is its exponential.
    expect(geometric_mean(x), "geometric_mean", 2e-13);
    expect(median(x), "median", 0);
    expect(population_std(x), "population_std", 1e-14);
    expect(sample_std(x), "sample_std", 1e-14);
    expect(smallest(x), "min", 0);
    expect(largest(x), "max", 0);
  }
}

TEST(Descriptive, OfEqualValues) {
  const std::vector<double> x(7, 0.1);
  EXPECT_EQ(*arithmetic_mean(x).value, 0.1);
  EXPECT_EQ(*population_std(x).value, 0);
  EXPECT_EQ(*sample_std(x).value, 0);
  EXPECT_EQ(*arithmetic_mean(std::vector<double>{0, 0}).value, 0);
}

TEST(Descriptive, UndefinedIsAbsentWithItsReason) {
  using V = std::vector<double>;
  const double nan = std::numeric_limits<double>::quiet_NaN(), max = std::numeric_limits<double>::max();
  for (const auto& statistic : {arithmetic_mean, geometric_mean, median, population_std, smallest, largest}) {
    EXPECT_EQ(statistic(V{}).reason, "there is no value");
    EXPECT_EQ(statistic(V{1, nan}).reason, "value 1 is NaN");
  }
  EXPECT_EQ(sample_std(V{1}).reason, "only 1 of the 2 values it needs");
  EXPECT_EQ(geometric_mean(V{1, 0}).reason, "value 1 is not above 0");
  EXPECT_EQ(sample_std(V{-max, max}).reason, "the result is beyond the range of a double");
  EXPECT_EQ(*arithmetic_mean(V{max, max}).value, max);
}

}  // namespace
}  // namespace sg
