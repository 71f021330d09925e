#include "stats/regression.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>

#include "reference.h"

namespace sg {
namespace {

TEST(Regression, AgreesWithScipyAndTheExactValue) {
  for (const auto& c : reference_cases("pairs")) {
    SCOPED_TRACE(c.at("name"));
    const auto x = doubles(c.at("x")), y = doubles(c.at("y"));
    const auto line = linear_regression(x, y);
    ASSERT_TRUE(line.ok()) << line.reason;
    const auto& of = c.at("regression");
    // A slope of 0 is a sum that cancels; an intercept is a difference of terms as large as slope times mean.
    double reach = 0;
    for (const double v : x) reach = std::max(reach, std::abs(v));
    expect_agrees(line->slope, of, "slope", 1e-15 * line->stderr_slope);
    expect_agrees(line->intercept, of, "intercept", 1e-14 * std::abs(line->slope) * reach);
    expect_agrees(line->stderr_slope, of, "stderr");
    expect_agrees(line->stderr_intercept, of, "intercept_stderr");
    expect_agrees(line->r, of, "r", 1e-15);
    expect_agrees(line->p, of, "p");
  }
}

RC_GTEST_PROP(Regression, FindsALineAndFollowsItsUnits, ()) {
  const int slope = *rc::gen::inRange(-20, 20), intercept = *rc::gen::inRange(-20, 20);
  const auto n = *rc::gen::inRange<std::size_t>(3, 20);
  std::vector<double> x, y, noisy, scaled;
  for (std::size_t i = 0; i < n; ++i) {
    x.push_back(static_cast<double>(i * i));
    y.push_back(intercept + slope * x[i]);
    noisy.push_back(y[i] + (i % 2 == 0 ? 0.5 : -0.25));
    scaled.push_back(8 * noisy[i]);
  }
  if (slope != 0) {
    const auto line = linear_regression(x, y);
    RC_ASSERT(std::abs(line->slope - slope) <= 1e-12 * std::abs(slope));
    RC_ASSERT(std::abs(line->intercept - intercept) <= 1e-12 * (std::abs(slope) * x.back() + std::abs(intercept)));
  }
  // Powers of two are exact: the line in other units is the same line, bit for bit.
  const auto a = linear_regression(x, noisy), b = linear_regression(x, scaled);
  RC_ASSERT(b->slope == 8 * a->slope);
  RC_ASSERT(b->intercept == 8 * a->intercept);
  RC_ASSERT(b->stderr_intercept == 8 * a->stderr_intercept);
  RC_ASSERT(b->p == a->p);
}

TEST(Regression, UndefinedIsAbsentWithItsReason) {
  using V = std::vector<double>;
  EXPECT_EQ(linear_regression(V{1, 2}, V{1, 2}).reason, "only 2 of the 3 values it needs (x)");
  EXPECT_EQ(linear_regression(V{1, 1, 1}, V{1, 2, 3}).reason, "every x is the same");
  EXPECT_EQ(linear_regression(V{1, 2, 3}, V{5, 5, 5}).reason, "every y is the same");
  EXPECT_EQ(linear_regression(V{1, 2, 3}, V{5, std::nan(""), 5}).reason, "value 1 is NaN (y)");
  EXPECT_EQ(linear_regression(V{1e-200, 2e-200, 3e-200}, V{1e200, 2e200, 5e200}).reason,
            "the line is beyond the range of a double");
  EXPECT_EQ(linear_regression(V{1e200, 2e200, 3e200}, V{1e-200, 2e-200, 5e-200}).reason,
            "the line is beyond the range of a double");
}

}  // namespace
}  // namespace sg
