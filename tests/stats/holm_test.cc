#include "stats/holm.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "reference.h"

namespace sg {
namespace {

TEST(Holm, AgreesWithStatsmodels) {
  for (const auto& c : reference_cases("holm")) {
    const auto expected = doubles(c.at("adjusted"));
    const auto found = holm(doubles(c.at("p")));
    ASSERT_TRUE(found.ok());
    ASSERT_EQ(found.value->size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(near_relative((*found.value)[i], expected[i], 1e-14));
  }
}

TEST(Holm, ByHand) {
  // Ascending 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1: 0.04, 0.06, 0.06, 0.04, and no adjusted p below the one before.
  const auto found = holm(std::vector<double>{0.04, 0.01, 0.03, 0.02});
  const std::vector<double> expected = {0.06, 0.04, 0.06, 0.06};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_DOUBLE_EQ((*found.value)[i], expected[i]);
}

RC_GTEST_PROP(Holm, IsMonotoneNeverBelowTheRawPAndAtMostBonferroni, ()) {
  const auto whole = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1001)));
  std::vector<double> p(whole.begin(), whole.end());
  for (double& v : p) v /= 1000;
  const auto found = holm(p);
  const std::vector<double>& adjusted = *found.value;
  for (std::size_t i = 0; i < p.size(); ++i) {
    RC_ASSERT(adjusted[i] >= p[i]);
    RC_ASSERT(adjusted[i] <= std::min(1.0, static_cast<double>(p.size()) * p[i]));
    for (std::size_t j = 0; j < p.size(); ++j) {
      if (p[i] <= p[j]) RC_ASSERT(adjusted[i] <= adjusted[j]);
    }
  }
}

TEST(Holm, UndefinedIsAbsentWithItsReason) {
  EXPECT_EQ(holm({}).reason, "there is no test");
  EXPECT_EQ(holm(std::vector<double>{0.5, 1.5}).reason, "p of test 1 is not within [0, 1]");
  EXPECT_EQ(holm(std::vector<double>{std::nan("")}).reason, "p of test 0 is not within [0, 1]");
}

}  // namespace
}  // namespace sg
