#include "corpus/exact_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/counter_rng.h"
#include "corpus/distribution.h"
#include "corpus/fixed_sum.h"
#include "corpus/histogram.h"

namespace sg {
namespace {

/// Any finite double, all exponents alike.
double any_double(const CounterRng& rng, std::uint64_t index) {
  const double x = std::bit_cast<double>(rng.bits(index));
  return std::isfinite(x) ? x : 1.0;
}

template <class Sum>
std::string bytes_of(const Sum& sum) {
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
  for (const double x : {0.5, -0.25, 1e9, 0x1p118, std::nan(""), std::numeric_limits<double>::infinity(), -0x1p118})
    sum.add(x);
  EXPECT_EQ(sum.value(), 1e9 + 0.25);
  EXPECT_EQ(sum.outside(), 4u);
}

/// Between 1e-20 and 1e35, of both signs: what a channel of any model may be.
double channel_like(const CounterRng& rng, std::uint64_t i) {
  return std::exp(126 * rng.uniform(i) - 46) * (rng.uniform(i + 1000000) < 0.5 ? -1 : 1);
}

TEST(FixedSum, IsTheExactSumOfRoundedTerms) {
  const CounterRng rng(11);
  for (const std::size_t terms : {1u, 2u, 40u, 3000u}) {
    FixedSum sum, left, right;
    ExactSum exact;
    for (std::uint64_t i = 0; i < terms; ++i) {
      const double x = channel_like(rng, i + 7919 * terms);
      sum.add(x);
      (rng.uniform(i) < 0.5 ? left : right).add(x);
      exact.add(std::ldexp(std::nearbyint(std::ldexp(x, 100)), -100));
    }
    left.add(right);
    EXPECT_EQ(sum.value(), exact.rounded());
    EXPECT_EQ(sum.outside(), 0u);
    EXPECT_EQ(bytes_of(left), bytes_of(sum));
  }
}

TEST(FixedSum, ComesBackFromItsBytes) {
  const CounterRng rng(12);
  std::vector<double> terms = {
      0, 1, -1, 0x1p-100, -0x1p-100, 0x1.7p-94, 127 * 0x1p-100, 128 * 0x1p-100, -128 * 0x1p-100, -129 * 0x1p-100};
  for (std::uint64_t i = 0; i < 200; ++i) terms.push_back(channel_like(rng, i));
  for (const double term : terms) {
    FixedSum sum;
    sum.add(term);
    const std::string bytes = bytes_of(sum);
    PartReader in(bytes, "test");
    const Result<FixedSum> back = FixedSum::read(in);
    ASSERT_TRUE(back.ok());
    EXPECT_TRUE(in.expect_end().ok());
    EXPECT_EQ(bytes_of(back.value()), bytes);
    EXPECT_EQ(back.value().value(), sum.value());
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      PartReader shorter(std::string_view(bytes).substr(0, cut), "test");
      EXPECT_FALSE(FixedSum::read(shorter).ok());
    }
  }
}

TEST(Moments, SpreadIsExact) {
  for (const double x : {0.1, 1.0 / 3, 7e-5, 123456.789, 1e30, 1e150}) {
    Moments same, two;
    for (int i = 0; i < 1001; ++i) same.add(x);
    EXPECT_EQ(same.std(), 0.0) << x;
    two.add(x);
    two.add(std::nextafter(x, 2 * x));
    const double step = std::nextafter(x, 2 * x) - x;
    EXPECT_NEAR(two.std().value() / (step / std::sqrt(2.0)), 1, 1e-15) << x;
  }
  Moments beyond;
  for (const double x : {1.0, 1e200}) beyond.add(x);
  EXPECT_FALSE(beyond.std());
}

TEST(Relation, OfALineIsOne) {
  Relation line, none;
  for (int i = 0; i < 100; ++i) {
    line.add(1e9 + i * 0x1p-20, 3 - 2.0 * i);
    none.add(0.1, i);
  }
  EXPECT_NEAR(line.pearson().value(), -1, 1e-15);
  EXPECT_FALSE(none.pearson());
}

TEST(Distribution, QuantilesAreWithinTheExtremes) {
  const CounterRng rng(13);
  for (std::uint64_t n = 1; n < 200; ++n) {
    Distribution d;
    for (std::uint64_t i = 0; i < n; ++i) d.add(std::exp(20 * rng.uniform(n * 1000 + i) - 10));
    for (const double share : {0.0, 0.001, 0.5, 0.999, 1.0}) {
      EXPECT_GE(d.quantile(share).value(), d.moments.min);
      EXPECT_LE(d.quantile(share).value(), d.moments.max);
    }
  }
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
