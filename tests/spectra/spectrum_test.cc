#include "spectra/spectrum.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "spectra/power_law.h"
#include "spectra/spectra.h"

namespace sg {
namespace {

using test::Dense;
using test::Known;

const Kernels& kernels() { return *kernels_for("").value(); }

Spectrum spectrum(const Dense& a, ThreadPool& pool = ThreadPool::serial()) {
  return full_spectrum({test::stored(a.values, a.rows, a.cols), false}, kernels(), pool);
}

class FullSpectrum : public testing::TestWithParam<Known> {};

TEST_P(FullSpectrum, HasEverySingularValueWithinLapacksBound) {
  const Dense a = test::with_singular_values(GetParam(), 7);
  const Spectrum s = spectrum(a);
  ASSERT_EQ(s.singular_values.size(), a.singular_values.size());
  const double bound = 4.0 * static_cast<double>(a.rows + a.cols) * 0x1p-53 * a.singular_values[0];
  for (std::size_t i = 0; i < s.singular_values.size(); ++i) {
    EXPECT_TRUE(std::fabs(s.singular_values[i] - a.singular_values[i]) <= bound)
        << GetParam().name << " " << i << ": " << s.singular_values[i] << ", true " << a.singular_values[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Spectra, FullSpectrum, testing::ValuesIn(test::known_spectra()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Spectrum, KeepsSmallSingularValuesThatAGramMatrixLoses) {
  const Known known = {"small", 300, 20, [](std::size_t i, std::size_t) {
                         return i == 19 ? 1e-6 : 1.0 / (1.0 + static_cast<double>(i));
                       }};
  const Dense a = test::with_singular_values(known, 3);
  const double got = spectrum(a).singular_values.back(), want = a.singular_values.back();
  EXPECT_TRUE(std::fabs(got - want) <= 1e-8 * want) << got << ", true " << want;  // a Gram root is 1e-8 off in all
}

TEST(Spectrum, SameBitsForEveryThreadCount) {
  const Dense a = test::random(3000, 40, 11);  // several leaves
  const Spectrum one = spectrum(a);
  for (const int threads : {2, 3, 7}) {
    ThreadPool pool(threads);
    EXPECT_EQ(spectrum(a, pool).singular_values, one.singular_values) << threads;
  }
}

TEST(Spectrum, RanksOfEqualValuesAreTheirNumber) {
  const Spectrum s = spectrum_of(std::vector<double>(12, 3.0), 40, 12);
  EXPECT_EQ(s.rank, 12u);
  EXPECT_EQ(s.nuclear_norm, 36.0);
  EXPECT_TRUE(std::fabs(s.participation_ratio - 12) <= 1e-12);
  EXPECT_TRUE(std::fabs(s.effective_rank - 12) <= 1e-12);
  EXPECT_TRUE(std::fabs(s.entropy - std::log(12.0)) <= 1e-14);
  EXPECT_FALSE(s.power_law);
}

TEST(Spectrum, OfRankOneIsOne) {
  std::vector<double> sigma(12, 0.0);
  sigma[0] = 1e30;
  const Spectrum s = spectrum_of(sigma, 40, 12);
  EXPECT_EQ(s.rank, 1u);
  EXPECT_EQ(s.nuclear_norm, 1e30);
  EXPECT_EQ(s.participation_ratio, 1.0);
  EXPECT_EQ(s.entropy, 0.0);
  EXPECT_EQ(s.effective_rank, 1.0);
}

TEST(Spectrum, OfTheZeroMatrixHasNoRatios) {
  const Spectrum s = spectrum_of(std::vector<double>(5, 0.0), 9, 5);
  EXPECT_EQ(s.rank, 0u);
  EXPECT_EQ(s.nuclear_norm, 0.0);
  EXPECT_TRUE(std::isnan(s.participation_ratio));
  EXPECT_TRUE(std::isnan(s.entropy));
}

TEST(PowerLaw, FindsTheExponentOfItsOwnQuantiles) {
  for (const double alpha : {1.8, 2.5, 4.0}) {
    std::vector<double> x;
    for (int i = 0; i < 1000; ++i) x.push_back(0.3 * std::pow(1.0 - (i + 0.5) / 1000.0, -1.0 / (alpha - 1.0)));
    const std::optional<PowerLaw> fit = fit_power_law(x);
    ASSERT_TRUE(fit);
    EXPECT_TRUE(std::fabs(fit->alpha - alpha) <= 0.02 * alpha) << fit->alpha;
    EXPECT_TRUE(fit->distance <= 0.01) << fit->distance;
  }
}

TEST(PowerLaw, IsUndefinedForFewOrEqualValues) {
  EXPECT_FALSE(fit_power_law(std::vector<double>(19, 2.0)));
  EXPECT_FALSE(fit_power_law(std::vector<double>(100, 2.0)));
  EXPECT_FALSE(fit_power_law(std::vector<double>(100, 1e-6)));
  EXPECT_FALSE(fit_power_law({}));
}

RC_GTEST_PROP(PowerLaw, DoesNotDependOnTheOrder, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  std::mt19937_64 generator(seed);
  std::lognormal_distribution<double> values(0.0, 1.0);
  std::vector<double> x(60);
  for (double& value : x) value = values(generator);
  const auto fit = fit_power_law(x);
  std::reverse(x.begin(), x.end());
  const auto again = fit_power_law(x);
  RC_ASSERT(fit && again && fit->alpha == again->alpha && fit->distance == again->distance);
  RC_ASSERT(fit->tail == static_cast<std::size_t>(
                             std::count_if(x.begin(), x.end(), [&](double value) { return value >= fit->x_min; })));
}

}  // namespace
}  // namespace sg
