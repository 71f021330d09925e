#include "stats/quantile.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace sg {
namespace {

double quantile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  return quantile_sorted(values, p);
}

TEST(Quantile, EqualsNumpysLinearMethod) {
  const std::vector<double> values = {7, 1, 3, 10};  // numpy.quantile([7, 1, 3, 10], p)
  EXPECT_DOUBLE_EQ(quantile(values, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(values, 0.25), 2.5);
  EXPECT_DOUBLE_EQ(quantile(values, 0.5), 5);
  EXPECT_DOUBLE_EQ(quantile(values, 0.9), 9.1);
  EXPECT_DOUBLE_EQ(quantile(values, 1), 10);
  EXPECT_DOUBLE_EQ(quantile(std::vector<double>{4}, 0.3), 4);
}

RC_GTEST_PROP(Quantile, RisesWithItsLevelAndStaysInside, ()) {
  const auto raw = *rc::gen::nonEmpty<std::vector<int>>();
  const std::vector<double> values(raw.begin(), raw.end());
  const double p = *rc::gen::inRange(0, 1001) / 1000.0, q = *rc::gen::inRange(0, 1001) / 1000.0;
  const double low = quantile(values, std::min(p, q)), high = quantile(values, std::max(p, q));
  RC_ASSERT(low <= high);
  RC_ASSERT(low >= *std::min_element(values.begin(), values.end()));
  RC_ASSERT(high <= *std::max_element(values.begin(), values.end()));
}

TEST(Quantile, OfNothingOrBeyondOneIsABrokenInvariant) {
  EXPECT_THROW(quantile({}, 0.5), std::logic_error);
  EXPECT_THROW(quantile(std::vector<double>{1}, 1.5), std::logic_error);
}

}  // namespace
}  // namespace sg
