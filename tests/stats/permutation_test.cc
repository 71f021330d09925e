#include "stats/permutation.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/counter_rng.h"
#include "reference.h"
#include "stats/correlation.h"

namespace sg {
namespace {

TEST(Permutation, AgreesWithScipyWhereItCountsEverything) {
  for (const auto& c : reference_cases("permutation")) {
    SCOPED_TRACE(c.at("name"));
    if (c.at("kind") != "correlation") continue;
    const auto x = doubles(c.at("x")), y = doubles(c.at("y"));
    const auto test = permutation_correlation(x, y);
    ASSERT_TRUE(test.ok()) << test.reason;
    EXPECT_TRUE(test->exact);
    EXPECT_TRUE(near_relative(test->p, c.at("p"), 1e-10));
  }
}

double factorial(std::size_t n) { return n < 2 ? 1 : static_cast<double>(n) * factorial(n - 1); }

RC_GTEST_PROP(Permutation, OfACorrelationIsTheBruteForceShare, ()) {
  const auto n = *rc::gen::inRange<std::size_t>(3, 7);
  const auto whole = rc::gen::container<std::vector<int>>(n, rc::gen::inRange(-4, 5));
  const auto x = *whole, y = *whole;
  const auto test =
      permutation_correlation(std::vector<double>(x.begin(), x.end()), std::vector<double>(y.begin(), y.end()));
  if (!test.ok()) RC_DISCARD("constant");
  // n sum(xy) - sum(x) sum(y), in whole numbers, over all n! orders of the indices.
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const int sums = std::accumulate(x.begin(), x.end(), 0) * std::accumulate(y.begin(), y.end(), 0);
  const auto size = [&] {
    int sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += x[i] * y[order[i]];
    return std::abs(static_cast<int>(n) * sum - sums);
  };
  const int observed = size();
  int hits = 0;
  do {
    if (size() >= observed) ++hits;
  } while (std::next_permutation(order.begin(), order.end()));
  RC_ASSERT(std::abs(test->p - hits / factorial(n)) <= 1e-14);
  RC_ASSERT(test->p >= 1 / factorial(n));
  RC_ASSERT(test->p <= 1);
}

RC_GTEST_PROP(Permutation, DoesNotSeeScaleOffsetAndSides, ()) {
  const auto n = *rc::gen::inRange<std::size_t>(3, 7);
  const auto whole = rc::gen::container<std::vector<int>>(n, rc::gen::inRange(-9, 9));
  const auto a = *whole, b = *whole;
  const std::vector<double> x(a.begin(), a.end()), y(b.begin(), b.end());
  const auto test = permutation_correlation(x, y);
  if (!test.ok()) RC_DISCARD("constant");
  auto moved = y;
  for (double& v : moved) v = 0x1p30 - 0.125 * v;  // without rounding
  RC_ASSERT(std::abs(permutation_correlation(x, moved)->p - test->p) <= 1e-14);
  RC_ASSERT(std::abs(permutation_correlation(y, x)->p - test->p) <= 1e-14);
}

TEST(Permutation, MonteCarloIsNearTheExactShareAndNeverZero) {
  const CounterRng rng(4);
  std::vector<double> x(8), y(8);
  for (std::size_t i = 0; i < 8; ++i) {
    x[i] = rng.uniform(i);
    y[i] = x[i] + 1.2 * rng.uniform(100 + i);
  }
  const auto exact = permutation_correlation(x, y);
  const auto drawn = permutation_correlation(x, y, {.exact_up_to = 1, .draws = 20000});
  EXPECT_TRUE(exact->exact);
  EXPECT_FALSE(drawn->exact);
  EXPECT_EQ(drawn->arrangements, 20000u);
  EXPECT_NEAR(drawn->p, exact->p, 4 * std::sqrt(exact->p / 20000));
  EXPECT_EQ(drawn->observed, pearson(x, y)->r);

  std::vector<double> line(20);
  std::iota(line.begin(), line.end(), 0.0);
  const auto smallest = permutation_correlation(line, line, {.draws = 999});
  EXPECT_FALSE(smallest->exact);
  EXPECT_DOUBLE_EQ(smallest->p, 0.001);
  EXPECT_EQ(smallest->p, permutation_correlation(line, line, {.draws = 999})->p);
}

TEST(Permutation, IsExactUpToNinePairs) {
  std::vector<double> line(10);
  std::iota(line.begin(), line.end(), 0.0);
  const std::span<const double> all = line;
  EXPECT_TRUE(permutation_correlation(all.first(9), all.first(9))->exact);
  EXPECT_EQ(permutation_correlation(all.first(9), all.first(9))->arrangements, 362880u);
  EXPECT_DOUBLE_EQ(permutation_correlation(all.first(9), all.first(9))->p, 2.0 / 362880);
  EXPECT_FALSE(permutation_correlation(all.first(10), all.first(10), {.draws = 9})->exact);
}

TEST(Permutation, UndefinedIsAbsentWithItsReason) {
  using V = std::vector<double>;
  EXPECT_EQ(permutation_correlation(V{1, 2}, V{1, 2}).reason, "only 2 of the 3 values it needs (x)");
  EXPECT_EQ(permutation_correlation(V{1, 2, 3}, V{2, 2, 2}).reason, "every y is the same");
}

}  // namespace
}  // namespace sg
