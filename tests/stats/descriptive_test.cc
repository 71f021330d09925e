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
    expect(smallest(x), "min", 0);
    expect(largest(x), "max", 0);
  }
}

TEST(Descriptive, OfEqualValues) {
  const std::vector<double> x(7, 0.1);
  EXPECT_EQ(*arithmetic_mean(x).value, 0.1);
  EXPECT_EQ(*arithmetic_mean(std::vector<double>{0, 0}).value, 0);
}

TEST(Descriptive, UndefinedIsAbsentWithItsReason) {
  using V = std::vector<double>;
  const double nan = std::numeric_limits<double>::quiet_NaN(), max = std::numeric_limits<double>::max();
  for (const auto& statistic : {arithmetic_mean, smallest, largest}) {
    EXPECT_EQ(statistic(V{}).reason, "there is no value");
    EXPECT_EQ(statistic(V{1, nan}).reason, "value 1 is NaN");
  }
  EXPECT_EQ(*arithmetic_mean(V{max, max}).value, max);
}

}  // namespace
}  // namespace sg
