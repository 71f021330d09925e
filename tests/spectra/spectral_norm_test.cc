#include "spectra/spectral_norm.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "kernel/support.h"
#include "spectra/matrix_stats.h"
#include "spectra/spectra.h"

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

/// A random shape, scale and spectrum: powers of ten between 1 and 1e-9, often repeated up to a relative 1e-8.
Known any_spectrum() {
  const auto rows = *rc::gen::inRange<std::size_t>(1, 45), cols = *rc::gen::inRange<std::size_t>(1, 45);
  const double scale = std::pow(10.0, *rc::gen::inRange(-28, 30));
  std::vector<double> sigma(std::min(rows, cols));
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    const bool repeated = i > 0 && *rc::gen::arbitrary<bool>();
    sigma[i] = repeated ? sigma[i - 1] * (1 - 1e-8) : scale * std::pow(10.0, -*rc::gen::inRange(0, 900) / 100.0);
  }
  std::sort(sigma.rbegin(), sigma.rend());
  return {"any", rows, cols, [sigma](std::size_t i, std::size_t) { return sigma[i]; }};
}

RC_GTEST_PROP(SpectralNorm, BoundHoldsForAnySpectrumStartAndStop, ()) {
  const Dense a = test::with_singular_values(any_spectrum(), *rc::gen::arbitrary<std::uint64_t>());
  const SpectralOptions options = {.max_passes = *rc::gen::inRange<std::size_t>(2, 80),
                                   .max_basis = *rc::gen::inRange<std::size_t>(3, 40),
                                   .seed = *rc::gen::arbitrary<std::uint64_t>()};
  std::vector<float> keep;
  std::unique_ptr<StoredGram> gram;
  const SpectralNorm found = spectral_norm(operator_of(a, ThreadPool::serial(), keep, gram), kernels(), options);
  const double top = a.singular_values[0];
  RC_ASSERT(nearest(a, found.value) <= found.residual);
  RC_ASSERT(found.value <= top + found.error);
  RC_ASSERT(top <= found.at_most);
  RC_ASSERT(found.passes <= options.max_passes);
  RC_ASSERT(found.converged == (found.error <= options.tolerance * found.value));
  if (found.converged) RC_ASSERT(std::fabs(found.value - top) <= found.error);
}

class BlockTypes : public testing::TestWithParam<DType> {};

TEST_P(BlockTypes, TheLargestSingularValueOfTheDecodedNumbersLiesWithinTheBound) {
  const DTypeTraits& t = traits(GetParam());
  for (const std::size_t rows : {1u, 5u, 40u}) {
    const std::size_t cols = (40 + t.block_items - 1) / t.block_items * t.block_items, blocks = cols / t.block_items;
    const std::vector<std::byte> bytes = test::random_blocks(GetParam(), rows * blocks, rows);
    std::vector<float> decoded(rows * cols);
    decode_scalar(GetParam(), bytes.data(), decoded.size(), decoded.data());
    const double top = test::jacobi_singular_values(decoded, rows, cols)[0];
    const StoredRows w = {
        .data = bytes.data(), .dtype = GetParam(), .rows = rows, .cols = cols, .row_bytes = blocks * t.block_bytes};
    const MeasuredMatrix found = measure_matrix({w, false}, kernels(), ThreadPool::serial(), SpectralOptions{});
    ASSERT_TRUE(found.statistics);
    const MatrixStatistics& s = *found.statistics;
    EXPECT_TRUE(std::fabs(s.spectral_norm - top) <= s.spectral_norm_error) << s.spectral_norm << ", true " << top;
    EXPECT_TRUE(std::fabs(s.spectral_norm - top) <= s.spectral_residual) << s.spectral_norm << ", true " << top;
    EXPECT_TRUE(s.spectral_norm_error <= 1e-6 * s.spectral_norm);
    EXPECT_TRUE(top <= s.spectral_at_most);
  }
}

INSTANTIATE_TEST_SUITE_P(Types, BlockTypes, testing::ValuesIn(test::weight_types()),
                         [](const auto& test) { return std::string(name(test.param)); });

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

std::vector<double> numbers_of(const MatrixStatistics& s) {
  return {s.frobenius_norm,    s.spectral_norm,    s.spectral_norm_error,
          s.spectral_residual, s.spectral_at_most, s.mean_row_norm,
          s.std_row_norm,      s.max_row_norm,     s.min_row_norm,
          s.mean_abs,          s.std_abs,          static_cast<double>(s.spectral_passes)};
}

TEST(SpectralNorm, SameBitsForEveryThreadCount) {
  const Dense a = test::random(701, 93, 3);
  const std::size_t cols = 256;
  const std::vector<std::byte> blocks =
      test::random_blocks(DType::kQ4_K, 301 * cols / traits(DType::kQ4_K).block_items, 2);
  const StoredRows packed = {
      .data = blocks.data(), .dtype = DType::kQ4_K, .rows = 301, .cols = cols, .row_bytes = blocks.size() / 301};
  for (const StoredRows& w : {test::stored(a.values, a.rows, a.cols), packed}) {
    for (const bool transposed : {false, true}) {
      const auto with = [&](int threads) {
        ThreadPool pool(threads);
        return numbers_of(*measure_matrix({w, transposed}, kernels(), pool, SpectralOptions{}).statistics);
      };
      const std::vector<double> one = with(1);
      for (const int threads : {2, 3, 7, 16}) EXPECT_EQ(one, with(threads)) << threads;
    }
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
