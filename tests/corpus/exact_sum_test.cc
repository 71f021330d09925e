#include "corpus/exact_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/counter_rng.h"
#include "corpus/fixed_sum.h"
#include "corpus/histogram.h"

namespace sg {
namespace {

/// Any finite double, all exponents alike.
double any_double(const CounterRng& rng, std::uint64_t index) {
  const double x = std::bit_cast<double>(rng.bits(index));
  return std::isfinite(x) ? x : 1.0;
}

std::string bytes_of(const ExactSum& sum) {
  PartWriter out;
  sum.write(out);
  return out.take();
}

ExactSum sum_of(const std::vector<double>& terms) {
  ExactSum sum;
  for (const double x : terms) sum.add(x);
  return sum;
}

TEST(ExactSum, IsRoundedOnceAsWholeNumbersSay) {
  // Whole numbers of 100 bits: their exact sum is one of 128, which the compiler rounds to nearest even.
  const CounterRng rng(1);
  for (std::uint64_t round = 0; round < 500; ++round) {
    __int128 exact = 0;
    ExactSum sum;
    for (std::uint64_t i = 0; i < 20; ++i) {
      const std::uint64_t at = round * 100 + i;
      const auto mantissa = static_cast<std::int64_t>(rng.bits(2 * at) >> 11);
      const int shift = static_cast<int>(rng.below(2 * at + 1, 60));
      const bool negative = (rng.bits(at) & 1) != 0;
      exact += (negative ? -1 : 1) * (static_cast<__int128>(mantissa) << shift);
      sum.add(std::ldexp(static_cast<double>(negative ? -mantissa : mantissa), shift));
    }
    ASSERT_EQ(sum.rounded(), static_cast<double>(exact));
  }
}

TEST(ExactSum, TiesGoToEven) {
  EXPECT_EQ(sum_of({1, 0x1p-53}).rounded(), 1);
  EXPECT_EQ(sum_of({1, 0x1p-53, 0x1p-1074}).rounded(), std::nextafter(1.0, 2.0));
  EXPECT_EQ(sum_of({1 + 0x1p-52, 0x1p-53}).rounded(), 1 + 0x1p-51);
  EXPECT_EQ(sum_of({-1, -0x1p-53, -0x1p-1074}).rounded(), std::nextafter(-1.0, -2.0));
}

TEST(ExactSum, CancelsWholly) {
  const CounterRng rng(2);
  std::vector<double> terms;
  for (std::uint64_t i = 0; i < 3000; ++i) terms.push_back(any_double(rng, i));
  std::vector<double> all = terms;
  for (const double x : terms) all.push_back(-x);
  all.push_back(0x1p-1074);
  EXPECT_EQ(sum_of(all).rounded(), 0x1p-1074);
  EXPECT_EQ(sum_of({1e308, 1e308, -1e308}).rounded(), 1e308);
  EXPECT_EQ(sum_of({1e308, 1e308}).rounded(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(sum_of({-1e308, -1e308}).rounded(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(ExactSum().rounded(), 0);
}

TEST(ExactSum, OrderAndGroupingDoNotShow) {
  const CounterRng rng(3);
  std::vector<double> terms;
  for (std::uint64_t i = 0; i < 5000; ++i) terms.push_back(any_double(rng, i));
  const std::string whole = bytes_of(sum_of(terms));
  for (const std::size_t parts : {2u, 3u, 17u, 100u}) {
    std::vector<ExactSum> sums(parts);
    for (std::size_t i = 0; i < terms.size(); ++i) sums[rng.below(i + parts * 10000, parts)].add(terms[i]);
    ExactSum total;
    for (std::size_t p = parts; p-- > 0;) total.add(sums[p]);
    EXPECT_EQ(bytes_of(total), whole);
    total.subtract(sums[0]);
    ExactSum others;
    for (std::size_t p = 1; p < parts; ++p) others.add(sums[p]);
    EXPECT_EQ(bytes_of(total), bytes_of(others));
  }
}

TEST(ExactSum, ComesBackFromItsBytes) {
  const CounterRng rng(4);
  for (std::uint64_t i = 0; i < 200; ++i) {
    const ExactSum sum = sum_of({any_double(rng, 3 * i), any_double(rng, 3 * i + 1), any_double(rng, 3 * i + 2)});
    const std::string bytes = bytes_of(sum);
    PartReader in(bytes, "test");
    const Result<ExactSum> back = ExactSum::read(in);
    ASSERT_TRUE(back.ok());
    EXPECT_TRUE(in.expect_end().ok());
    EXPECT_EQ(bytes_of(back.value()), bytes);
    EXPECT_EQ(back.value().rounded(), sum.rounded());
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      PartReader shorter(std::string_view(bytes).substr(0, cut), "test");
      EXPECT_FALSE(ExactSum::read(shorter).ok());
    }
  }
}

TEST(FixedSum, CountsWhatItCannotHold) {
  FixedSum sum;
  for (const double x : {0.5, -0.25, 1e9, 0x1p40, std::nan(""), std::numeric_limits<double>::infinity(), -0x1p40})
    sum.add(x);
  EXPECT_EQ(sum.value(), 1e9 + 0.25);
  EXPECT_EQ(sum.outside(), 4u);
}

TEST(Histogram, QuantilesAreWithinHalfABucket) {
  const CounterRng rng(5);
  std::vector<double> values;
  Histogram histogram, left, right;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const double x = std::exp(10 * rng.uniform(i) - 5) * (rng.uniform(i + 50000) < 0.3 ? -1 : 1);
    values.push_back(x);
    histogram.add(x);
    (i % 3 == 0 ? left : right).add(x);
  }
  std::sort(values.begin(), values.end());
  left.add(right);
  for (const double share : {0.0, 0.001, 0.01, 0.25, 0.5, 0.75, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(share * 20000)));
    const double exact = values[rank - 1], found = *histogram.quantile(share);
    EXPECT_NEAR(found, exact, 0.004 * std::abs(exact));
    EXPECT_EQ(found, *left.quantile(share));
  }
  EXPECT_EQ(histogram.total(), 20000u);
  EXPECT_FALSE(Histogram().quantile(0.5).has_value());
}

}  // namespace
}  // namespace sg
