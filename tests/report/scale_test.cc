// Axes of every pair of doubles.
#include "report/figure/scale.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>

namespace sg {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kMax = std::numeric_limits<double>::max();
constexpr double kLeast = std::numeric_limits<double>::denorm_min();

/// What must hold of the axis of two numbers and of the axis that has them as its ends.
void expect_an_axis(double a, double b, bool logarithmic) {
  RangeOf of(logarithmic);
  of.add(a);
  of.add(b);
  const std::optional<Range> padded = of.padded(0.08, 0.08);
  ASSERT_EQ(padded.has_value(), drawable(a, logarithmic) || drawable(b, logarithmic));
  if (padded) {
    ASSERT_TRUE(padded->low < padded->high && std::isfinite(padded->low) && std::isfinite(padded->high))
        << a << " " << b;
    const Scale scale = {*padded, logarithmic, 100, 0};
    for (const double x : {a, b}) {
      if (!drawable(x, logarithmic)) continue;
      ASSERT_TRUE(scale.holds(x)) << a << " " << b;
      ASSERT_TRUE(scale.at(x) >= -1e-6 && scale.at(x) <= 100 + 1e-6) << a << " " << b << " at " << scale.at(x);
    }
  }
  for (const Range& range : {padded.value_or(Range{}), Range{a, b}}) {
    const std::vector<double> tics = tics_of(range, logarithmic);
    ASSERT_LE(tics.size(), kMostTics);
    ASSERT_TRUE(std::is_sorted(tics.begin(), tics.end(), std::less_equal<>())) << a << " " << b;
    for (const double tic : tics) ASSERT_TRUE(tic >= range.low && tic <= range.high && drawable(tic, logarithmic));
    const std::vector<std::string> labels = tic_labels(tics, logarithmic);
    ASSERT_EQ(std::set<std::string>(labels.begin(), labels.end()).size(), tics.size()) << a << " " << b;
    for (const std::string& label : labels) ASSERT_LE(label.size(), 24u);
  }
}

TEST(Scale, EveryPairOfOddNumbersIsAnAxis) {
  const double odd[] = {0.0,     -0.0,  1.0,   -1.0,   kInf,       -kInf, NAN,      kMax, -kMax, kLeast,
                        -kLeast, 1e308, 1e290, 1e-308, 3 * kLeast, 1e15,  1e15 + 1, 0.1,  1e-290};
  for (const double a : odd) {
    for (const double b : odd) {
      for (const bool logarithmic : {false, true}) expect_an_axis(a, b, logarithmic);
    }
  }
}

/// Doubles by their bits: subnormal, huge, infinite and NaN ones are as likely as their exponents.
RC_GTEST_PROP(Scale, EveryPairOfDoublesIsAnAxis, (std::uint64_t a, std::uint64_t b, bool logarithmic)) {
  const auto mixed = [](std::uint64_t n) { return std::bit_cast<double>(n * 0x9E3779B97F4A7C15u); };
  expect_an_axis(mixed(a), mixed(b), logarithmic);
  expect_an_axis(mixed(a), mixed(a), logarithmic);
  expect_an_axis(mixed(a), std::nextafter(mixed(a), kInf), logarithmic);
  RC_ASSERT(!testing::Test::HasFailure());
}

TEST(Scale, ALogarithmicAxisHasThreeTicsOrMore) {
  EXPECT_EQ(tics_of({0.5, 2e4}, true), (std::vector<double>{1, 10, 100, 1000, 10000}));
  EXPECT_EQ(tics_of({4.7, 40}, true), (std::vector<double>{5, 10, 20}));
  EXPECT_EQ(tics_of({0.3, 0.95}, true), (std::vector<double>{0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}));
  EXPECT_GE(tics_of({0.97, 1.28}, true).size(), 3u);
  EXPECT_GE(tics_of({1e-300, 1e300}, true).size(), 3u);
  EXPECT_EQ(tic_labels({1000, 20000}, true), (std::vector<std::string>{"1k", "20k"}));
}

TEST(Scale, TicsAreRound) {
  EXPECT_EQ(tics_of({0, 40}, false), (std::vector<double>{0, 10, 20, 30, 40}));
  EXPECT_EQ(tic_labels(tics_of({0, 3.4}, false), false), (std::vector<std::string>{"0", "1", "2", "3"}));
  EXPECT_EQ(tic_labels(tics_of({-0.25, 0.1}, false), false), (std::vector<std::string>{"-0.2", "-0.1", "0", "0.1"}));
}

TEST(Scale, WhatCannotBeNegativeDoesNotSeemToBe) {
  RangeOf of(false);
  of.add(0);
  of.add(20);
  EXPECT_EQ(of.padded(0.1, 0.1)->low, 0);
  of.add(-1);
  EXPECT_LT(of.padded(0.1, 0.1)->low, -1);
}

}  // namespace
}  // namespace sg
