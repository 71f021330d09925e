#include "stats/correlation.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <numbers>
#include <numeric>

#include "reference.h"

namespace sg {
namespace {

constexpr double kRounding = 1e-12;  // of r: some n units in the last place, n at most 30 here

/// Pairs of small whole numbers, neither side constant: every sum is exact.
struct Pairs {
  std::vector<double> x, y;
};
Pairs any_pairs() {
  const auto n = *rc::gen::inRange<std::size_t>(3, 30);
  const auto column = [&] {
    const auto whole = *rc::gen::suchThat(
        rc::gen::container<std::vector<int>>(n, rc::gen::inRange(-50, 50)), [](const std::vector<int>& v) {
          return std::adjacent_find(v.begin(), v.end(), std::not_equal_to<>()) != v.end();
        });
    return std::vector<double>(whole.begin(), whole.end());
  };
  auto x = column();
  return {std::move(x), column()};
}

std::vector<double> affine(std::vector<double> values, double scale, double shift) {
  for (double& v : values) v = scale * v + shift;
  return values;
}

TEST(Pearson, AgreesWithScipyAndTheExactValue) {
  for (const auto& c : reference_cases("pairs")) {
    SCOPED_TRACE(c.at("name"));
    const auto x = doubles(c.at("x")), y = doubles(c.at("y"));
    const auto found = pearson(x, y);
    ASSERT_TRUE(found.ok()) << found.reason;
    // An r of 0 is the sum of products that cancel.
    expect_agrees(found->r, c.at("pearson"), "r", 1e-15);
    expect_agrees(found->p, c.at("pearson"), "p");
  }
}

TEST(Spearman, AgreesWithScipyAndTheExactValue) {
  for (const auto& c : reference_cases("pairs")) {
    SCOPED_TRACE(c.at("name"));
    const auto found = spearman(doubles(c.at("x")), doubles(c.at("y")));
    ASSERT_TRUE(found.ok()) << found.reason;
    expect_agrees(found->r, c.at("spearman"), "r", 1e-15);
    // With r = +-1 in ranks that are no whole numbers apart from rounding, p is 0 up to the root of the rounding.
    expect_agrees(found->p, c.at("spearman"), "p", 1e-15);
  }
}

TEST(Pearson, HasTheClosedFormOfThreePairs) {
  // One degree of freedom: t is Cauchy, so p = 1 - 2 atan(|r| / sqrt(1 - r^2)) / pi = 1 - 2 asin|r| / pi.
  const auto c = pearson(std::vector<double>{0, 1, 2}, std::vector<double>{0, 2, 1});
  EXPECT_NEAR(c->r, 0.5, 1e-15);
  EXPECT_NEAR(c->p, 1 - 2 * std::asin(0.5) / std::numbers::pi, 1e-15);
}

TEST(Pearson, OfALineIsOneExactly) {
  const auto c = pearson(std::vector<double>{1, 2, 3, 4}, std::vector<double>{-2, -4, -6, -8});
  EXPECT_EQ(c->r, -1);
  EXPECT_EQ(c->p, 0);
}

RC_GTEST_PROP(Pearson, DoesNotSeeScaleAndOffset, ()) {
  const auto [x, y] = any_pairs();
  const double scale = std::ldexp(1.0, *rc::gen::inRange(-300, 300)) * *rc::gen::inRange(1, 9);
  const double shift = *rc::gen::inRange(-1000, 1000) * std::abs(scale);
  const auto plain = pearson(x, y), moved = pearson(affine(x, scale, shift), y),
             turned = pearson(affine(x, -scale, shift), y);
  RC_ASSERT(std::abs(moved->r - plain->r) <= kRounding);
  RC_ASSERT(std::abs(turned->r + plain->r) <= kRounding);
  RC_ASSERT(std::abs(moved->p - plain->p) <= 1e-6 * plain->p + kRounding);
}

RC_GTEST_PROP(Pearson, IsSymmetricAndInRange, ()) {
  const auto [x, y] = any_pairs();
  const auto a = pearson(x, y), b = pearson(y, x);
  RC_ASSERT(a->r == b->r);
  RC_ASSERT(std::abs(a->p - b->p) <= 1e-9 * a->p + kRounding);
  RC_ASSERT(std::abs(a->r) <= 1);
  RC_ASSERT(a->p >= 0);
  RC_ASSERT(a->p <= 1);
  RC_ASSERT(std::abs(a->unexplained - (1 - a->r * a->r)) <= kRounding);
}

RC_GTEST_PROP(Spearman, DoesNotSeeMonotoneMaps, ()) {
  const auto [x, y] = any_pairs();
  auto cubes = x;
  for (double& v : cubes) v = v * v * v + v;
  RC_ASSERT(spearman(cubes, y)->r == spearman(x, y)->r);
}

TEST(Spearman, TiesShareTheirRank) {
  EXPECT_EQ(average_ranks(std::vector<double>{5, 1, 5, 2, 5}), (std::vector<double>{4, 1, 4, 2, 4}));
  EXPECT_EQ(average_ranks(std::vector<double>{2, 2}), (std::vector<double>{1.5, 1.5}));
  EXPECT_TRUE(average_ranks({}).empty());
}

TEST(Correlation, UndefinedIsAbsentWithItsReason) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  using V = std::vector<double>;
  const V three = {1, 2, 4};
  EXPECT_EQ(pearson(V{}, V{}).reason, "there is no value (x)");
  EXPECT_EQ(pearson(V{1, 2}, V{3, 4}).reason, "only 2 of the 3 values it needs (x)");
  EXPECT_EQ(pearson(three, V{1, 2}).reason, "there are 3 x and 2 y");
  EXPECT_EQ(pearson(V{7, 7, 7}, three).reason, "every x is the same");
  EXPECT_EQ(pearson(three, V{0.1, 0.1, 0.1}).reason, "every y is the same");
  EXPECT_EQ(pearson(three, V{1, nan, 2}).reason, "value 1 is NaN (y)");
  EXPECT_EQ(pearson(V{1, 2, -inf}, three).reason, "value 2 is infinite (x)");
  EXPECT_EQ(spearman(three, V{1, nan, 2}).reason, "value 1 is NaN (y)");
  EXPECT_THROW((void)pearson(V{}, V{})->r, std::logic_error);
}

}  // namespace
}  // namespace sg
