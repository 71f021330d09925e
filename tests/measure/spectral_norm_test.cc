#include "measure/spectral_norm.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <string>

#include "measure/matrix_stats.h"
#include "measure/spectra.h"

namespace sg {
namespace {

using test::Dense;
using test::Known;

const Kernels& kernels() { return *kernels_for("").value(); }

GramOperator operator_of(const Dense& a, ThreadPool& pool, std::vector<float>& keep,
                         std::unique_ptr<StoredGram>& gram) {
  keep = a.values;
  const StoredRows w = test::stored(keep, a.rows, a.cols);
  gram = std::make_unique<StoredGram>(w, kernels(), pool);
  return gram->with_norm(matrix_norms({w, false}, kernels(), pool).statistics.frobenius_norm);
}

/// The distance from `value` to the nearest singular value of A as an operator on all of its columns.
double nearest(const Dense& a, double value) {
  double best = a.cols > a.rows ? value : std::numeric_limits<double>::infinity();
  for (const double s : a.singular_values) best = std::min(best, std::fabs(s - value));
  return best;
}

class KnownSpectra : public testing::TestWithParam<Known> {};

TEST_P(KnownSpectra, TheLargestSingularValueLiesWithinTheBound) {
  const Known& known = GetParam();
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const Dense a = test::with_singular_values(known, seed);
    std::vector<float> keep;
    std::unique_ptr<StoredGram> gram;
    const GramOperator op = operator_of(a, ThreadPool::serial(), keep, gram);
    const SpectralNorm found = spectral_norm(op, kernels(), {.seed = seed});
    EXPECT_TRUE(nearest(a, found.value) <= found.residual)
        << known.name << ": " << found.value << " +- " << found.error << ", true " << a.singular_values[0];
    EXPECT_TRUE(std::fabs(found.value - a.singular_values[0]) <= found.error) << known.name;
    EXPECT_TRUE(found.error <= 1e-6 * found.value) << known.name << ": " << found.error / found.value;
    EXPECT_TRUE(a.singular_values[0] <= found.at_most) << known.name << ": " << found.at_most;
    EXPECT_LE(found.passes, 400u) << known.name;
  }
}

TEST_P(KnownSpectra, TheBoundHoldsWhereverItStops) {
  const Known& known = GetParam();
  const Dense a = test::with_singular_values(known, 9);
  std::vector<float> keep;
  std::unique_ptr<StoredGram> gram;
  const GramOperator op = operator_of(a, ThreadPool::serial(), keep, gram);
  for (std::size_t passes = 2; passes < 30; ++passes) {
    const SpectralNorm found = spectral_norm(op, kernels(), {.max_passes = passes});
    EXPECT_TRUE(nearest(a, found.value) <= found.residual) << known.name << " after " << passes;
    EXPECT_TRUE(found.value <= a.singular_values[0] + found.error) << known.name << " after " << passes;
    EXPECT_TRUE(a.singular_values[0] <= found.at_most) << known.name << " after " << passes;
    EXPECT_LE(found.passes, passes);
    EXPECT_EQ(found.converged, found.error <= 1e-6 * found.value);
  }
}

TEST_P(KnownSpectra, RestartsReachTheSameValue) {
  const Known& known = GetParam();
  const Dense a = test::with_singular_values(known, 5);
  std::vector<float> keep;
  std::unique_ptr<StoredGram> gram;
  const GramOperator op = operator_of(a, ThreadPool::serial(), keep, gram);
  const SpectralNorm found = spectral_norm(op, kernels(), {.max_passes = 4000, .max_basis = 9});
  EXPECT_TRUE(std::fabs(found.value - a.singular_values[0]) <= found.error) << known.name;
  EXPECT_TRUE(found.error <= 1e-6 * found.value) << known.name << ": " << found.error / found.value;
}

INSTANTIATE_TEST_SUITE_P(Spectra, KnownSpectra, testing::ValuesIn(test::known_spectra()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(SpectralNorm, OfTheZeroMatrixIsZeroWithoutError) {
  const std::vector<float> zeros(35, 0.0f);
  const MeasuredMatrix found =
      measure_matrix({test::stored(zeros, 5, 7), false}, kernels(), ThreadPool::serial(), SpectralOptions{});
  ASSERT_TRUE(found.statistics);
  EXPECT_EQ(found.statistics->spectral_norm, 0.0);
  EXPECT_EQ(found.statistics->spectral_norm_error, 0.0);
  EXPECT_EQ(found.statistics->frobenius_norm, 0.0);
}

TEST(SpectralNorm, OfOneRowOrColumnIsItsLength) {
  for (const std::size_t n : {1u, 2u, 3u, 8u, 17u, 300u}) {
    const Dense a = test::random(1, n, n);
    double squares = 0;
    for (const float x : a.values) squares += static_cast<double>(x) * static_cast<double>(x);
    for (const bool column : {false, true}) {
      const StoredRows w = column ? test::stored(a.values, n, 1) : test::stored(a.values, 1, n);
      const MeasuredMatrix found = measure_matrix({w, false}, kernels(), ThreadPool::serial(), SpectralOptions{});
      const double value = found.statistics->spectral_norm;
      EXPECT_TRUE(std::fabs(value - std::sqrt(squares)) <= found.statistics->spectral_norm_error);
      EXPECT_TRUE(std::fabs(value - std::sqrt(squares)) <= 1e-14 * value) << n << " " << column;
    }
  }
}

TEST(SpectralNorm, SameBitsForEveryThreadCount) {
  const Dense a = test::random(701, 93, 3);
  const StoredRows w = test::stored(a.values, a.rows, a.cols);
  const auto with = [&](int threads) {
    ThreadPool pool(threads);
    return *measure_matrix({w, false}, kernels(), pool, SpectralOptions{}).statistics;
  };
  const MatrixStatistics one = with(1);
  for (const int threads : {2, 3, 7, 16}) {
    const MatrixStatistics many = with(threads);
    EXPECT_EQ(one.spectral_norm, many.spectral_norm) << threads;
    EXPECT_EQ(one.spectral_norm_error, many.spectral_norm_error) << threads;
    EXPECT_EQ(one.frobenius_norm, many.frobenius_norm) << threads;
    EXPECT_EQ(one.mean_abs, many.mean_abs) << threads;
    EXPECT_EQ(one.std_abs, many.std_abs) << threads;
    EXPECT_EQ(one.mean_row_norm, many.mean_row_norm) << threads;
  }
}

TEST(SpectralNorm, SameBitsOnEveryInstructionSetWithFma) {
  const Dense a = test::random(333, 71, 4);
  const StoredRows w = test::stored(a.values, a.rows, a.cols);
  const MatrixStatistics best =
      *measure_matrix({w, false}, kernels(), ThreadPool::serial(), SpectralOptions{}).statistics;
  for (const std::string_view isa : available_isas()) {
    const Kernels& k = *kernels_for(isa).value();
    const MatrixStatistics got = *measure_matrix({w, false}, k, ThreadPool::serial(), SpectralOptions{}).statistics;
    if (k.has_fma == kernels().has_fma) {
      EXPECT_EQ(got.spectral_norm, best.spectral_norm) << isa;
      EXPECT_EQ(got.std_abs, best.std_abs) << isa;
    }
    EXPECT_TRUE(std::fabs(got.spectral_norm - best.spectral_norm) <= 1e-13 * best.spectral_norm) << isa;
  }
}

RC_GTEST_PROP(SpectralNorm, LiesBetweenTheLongestRowAndTheFrobeniusNorm, ()) {
  const auto rows = *rc::gen::inRange<std::size_t>(1, 40), cols = *rc::gen::inRange<std::size_t>(1, 40);
  const Dense a = test::random(rows, cols, *rc::gen::arbitrary<std::uint64_t>());
  const MatrixStatistics s =
      *measure_matrix({test::stored(a.values, rows, cols), false}, kernels(), ThreadPool::serial(), SpectralOptions{})
           .statistics;
  const double slack = s.spectral_norm_error + 1e-12 * s.frobenius_norm;
  RC_ASSERT(s.max_row_norm <= s.spectral_norm + slack);
  RC_ASSERT(s.spectral_norm <= s.frobenius_norm + slack);
  RC_ASSERT(s.frobenius_norm * s.frobenius_norm <=
            static_cast<double>(std::min(rows, cols)) * std::pow(s.spectral_norm + slack, 2) * (1 + 1e-12));
}

}  // namespace
}  // namespace sg
