#include "spectra/matrix_stats.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "spectra/spectra.h"

namespace sg {
namespace {

using test::Dense;

const Kernels& kernels() { return *kernels_for("").value(); }

MatrixStatistics norms_of(const Dense& a) {
  return matrix_norms({test::stored(a.values, a.rows, a.cols), false}, kernels(), ThreadPool::serial()).statistics;
}

bool near(double got, long double want, long double relative) {
  return std::fabs(static_cast<long double>(got) - want) <= relative * std::fabs(want);
}

RC_GTEST_PROP(MatrixNorms, AreTheirDefinitions, ()) {
  const auto rows = *rc::gen::inRange<std::size_t>(2, 60), cols = *rc::gen::inRange<std::size_t>(1, 60);
  const Dense a = test::random(rows, cols, *rc::gen::arbitrary<std::uint64_t>());
  const MatrixStatistics s = norms_of(a);
  long double total = 0, abs = 0, row_sum = 0, largest = 0, smallest = std::numeric_limits<long double>::infinity();
  std::vector<long double> norms;
  for (std::size_t r = 0; r < rows; ++r) {
    long double squares = 0;
    for (std::size_t c = 0; c < cols; ++c) {
      const long double x = a.values[r * cols + c];
      squares += x * x;
      abs += std::fabs(x);
    }
    total += squares;
    norms.push_back(std::sqrt(squares));
    row_sum += norms.back();
    largest = std::max(largest, norms.back());
    smallest = std::min(smallest, norms.back());
  }
  const long double n = static_cast<long double>(rows * cols), m = static_cast<long double>(rows);
  long double abs_spread = 0, row_spread = 0;
  for (const float x : a.values) abs_spread += std::pow(std::fabs(static_cast<long double>(x)) - abs / n, 2);
  for (const long double norm : norms) row_spread += std::pow(norm - row_sum / m, 2);
  RC_ASSERT(near(s.frobenius_norm, std::sqrt(total), 1e-14L));
  RC_ASSERT(near(s.mean_abs, abs / n, 1e-14L));
  RC_ASSERT(near(s.std_abs, std::sqrt(abs_spread / (n - 1)), 1e-13L));
  RC_ASSERT(near(s.mean_row_norm, row_sum / m, 1e-14L));
  RC_ASSERT(near(s.std_row_norm, std::sqrt(row_spread / (m - 1)), 1e-12L));
  RC_ASSERT(near(s.max_row_norm, largest, 1e-14L));
  RC_ASSERT(near(s.min_row_norm, smallest, 1e-14L));
}

TEST(MatrixNorms, OfEqualNumbersHaveNoSpread) {
  const Dense a{50, 31, std::vector<float>(50 * 31, -0.1f), {}};
  const MatrixStatistics s = norms_of(a);
  EXPECT_TRUE(near(s.mean_abs, 0.1f, 1e-15L));
  EXPECT_TRUE(s.std_abs <= 1e-16);
  EXPECT_TRUE(s.std_row_norm <= 1e-15);
  EXPECT_TRUE(near(s.frobenius_norm, 0.1f * std::sqrt(50.0L * 31.0L), 1e-6L));
}

TEST(MatrixNorms, KeepTheDigitsThatFloat32Loses) {
  // 2^24 + 1 ones: a float32 sum stops at 2^24.
  const std::size_t cols = 4096 + 1, rows = 4097;
  const Dense a{rows, cols, std::vector<float>(rows * cols, 1.0f), {}};
  const MatrixStatistics s = norms_of(a);
  EXPECT_EQ(s.frobenius_norm, std::sqrt(static_cast<double>(rows * cols)));
  EXPECT_EQ(s.mean_abs, 1.0);
}

TEST(MatrixNorms, OfATransposedMatrixAreThoseOfItsRows) {
  const Dense a = test::random(37, 21, 2);
  Dense turned{21, 37, std::vector<float>(a.values.size()), {}};
  for (std::size_t r = 0; r < 37; ++r) {
    for (std::size_t c = 0; c < 21; ++c) turned.values[c * 37 + r] = a.values[r * 21 + c];
  }
  const MatrixSource stored_by_inputs = {test::stored(turned.values, 21, 37), true};
  const MatrixStatistics want = norms_of(a),
                         got = matrix_norms(stored_by_inputs, kernels(), ThreadPool::serial()).statistics;
  EXPECT_EQ(got.rows, 37u);
  EXPECT_EQ(got.cols, 21u);
  EXPECT_TRUE(near(got.frobenius_norm, want.frobenius_norm, 1e-14L));
  EXPECT_TRUE(near(got.mean_row_norm, want.mean_row_norm, 1e-14L));
  EXPECT_TRUE(near(got.std_row_norm, want.std_row_norm, 1e-12L));
  EXPECT_TRUE(near(got.max_row_norm, want.max_row_norm, 1e-14L));
}

TEST(MeasureMatrix, RefusesANumberThatIsNotFiniteAndSaysWhere) {
  const float bad[] = {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                       std::numeric_limits<float>::quiet_NaN()};
  for (const float value : bad) {
    for (const bool transposed : {false, true}) {
      Dense a = test::random(40, 19, 4);
      a.values[17 * 19 + 5] = value;
      a.values[18 * 19 + 2] = value;
      const MeasuredMatrix found = measure_matrix({test::stored(a.values, 40, 19), transposed}, kernels(),
                                                  ThreadPool::serial(), SpectralOptions{});
      EXPECT_FALSE(found.statistics);
      ASSERT_TRUE(found.non_finite);
      EXPECT_EQ(found.non_finite->row, transposed ? 2u : 17u);
      EXPECT_EQ(found.non_finite->col, transposed ? 18u : 5u);
      EXPECT_EQ(found.non_finite->count, 2u);
      EXPECT_TRUE(std::isnan(value) ? std::isnan(found.non_finite->value)
                                    : found.non_finite->value == static_cast<double>(value));
    }
  }
}

TEST(MeasureMatrix, OfHugeNumbersDoesNotOverflow) {
  const Dense a{3, 2, std::vector<float>(6, 3e38f), {}};
  const MeasuredMatrix found =
      measure_matrix({test::stored(a.values, 3, 2), false}, kernels(), ThreadPool::serial(), SpectralOptions{});
  ASSERT_TRUE(found.statistics);
  EXPECT_TRUE(near(found.statistics->frobenius_norm, 3e38f * std::sqrt(6.0L), 1e-14L));
  EXPECT_TRUE(near(found.statistics->spectral_norm, 3e38f * std::sqrt(6.0L), 1e-14L));
}

TEST(AllClose, FollowsTorch) {
  const Dense a = test::random(9, 10, 1);
  const auto close = [&](float change) {
    Dense b = a;
    b.values[33] += change;
    return all_close({test::stored(a.values, 9, 10), false}, {test::stored(b.values, 9, 10), false}, kernels(),
                     ThreadPool::serial());
  };
  EXPECT_TRUE(close(0.0f));
  EXPECT_TRUE(close(9.9e-4f));
  EXPECT_FALSE(close(1.1e-3f));
  EXPECT_FALSE(close(std::numeric_limits<float>::quiet_NaN()));
  EXPECT_FALSE(close(std::numeric_limits<float>::infinity()));
  EXPECT_FALSE(all_close({test::stored(a.values, 9, 10), false}, {test::stored(a.values, 10, 9), false}, kernels(),
                         ThreadPool::serial()));
}

}  // namespace
}  // namespace sg
