// Norms, softmax and the reductions in double: their lane structure bit for bit, and their accuracy.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "kernel/scalar.h"
#include "kernel/support.h"

namespace sg {
namespace {

using test::Guarded;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Guarded random_row(std::size_t n, std::size_t offset, std::uint64_t seed, float spread = 1.0f) {
  Guarded row(1, n, 0, offset);
  test::fill_normal(row.view(), seed, spread);
  return row;
}

RC_GTEST_PROP(Reductions, LaneStructureBitForBitOnEveryTarget, ()) {
  const std::size_t n = *rc::gen::inRange<std::size_t>(0, 701);
  const std::uint64_t seed = *rc::gen::inRange<std::uint64_t>(0, 1000);
  Guarded x = random_row(n, seed % 17, seed), y = random_row(n, seed % 13, seed + 1);
  for (const Kernels* k : test::all_kernels()) {
    RC_ASSERT(test::bits_of(k->dot(x.data(), y.data(), n)) ==
              test::bits_of(scalar::ordered_dot(x.data(), y.data(), n)));
    RC_ASSERT(test::bits_of(k->sum_squares(x.data(), n)) == test::bits_of(scalar::ordered_dot(x.data(), x.data(), n)));
  }
}

RC_GTEST_PROP(AbsMax, EqualsThePlainSearch, ()) {
  const std::size_t n = *rc::gen::inRange<std::size_t>(1, 200);
  const std::uint64_t seed = *rc::gen::inRange<std::uint64_t>(0, 1000);
  Guarded x = random_row(n, seed % 17, seed);
  for (std::size_t i = 0; i < n; ++i) x.data()[i] = std::round(x.data()[i] * 2);  // many ties
  if (seed % 3 == 1) x.data()[seed % n] = kNan;
  if (seed % 3 == 2) x.data()[seed % n] = -kInf;
  const AbsMax expected = scalar::abs_max(x.data(), n);
  for (const Kernels* k : test::all_kernels()) {
    const AbsMax got = k->abs_max(x.data(), n);
    RC_ASSERT(got.index == expected.index);
    RC_ASSERT(test::bits_of(got.value) == test::bits_of(expected.value));
  }
}

/// In double with one rounding at the end: 0.5 ulp, and what 1e-13 of relative error in double may add to it.
RC_GTEST_PROP(Norm, WithinOneRoundingAndEqualBitsOnEveryTarget, ()) {
  const std::size_t n = *rc::gen::inRange<std::size_t>(1, 300), rows = *rc::gen::inRange<std::size_t>(1, 4);
  const std::uint64_t seed = *rc::gen::inRange<std::uint64_t>(0, 1000);
  Guarded gain = random_row(n, seed % 5, seed + 1), bias = random_row(n, seed % 3, seed + 2),
          x(rows, n, seed % 4, seed % 7);
  test::fill_normal(x.view(), seed, 5.0f);
  const NormCall call = {.kind = *rc::gen::element(NormKind::kRms, NormKind::kLayer),
                         .eps = 1e-5,
                         .gain = *rc::gen::arbitrary<bool>() ? gain.data() : nullptr,
                         .bias = *rc::gen::arbitrary<bool>() ? bias.data() : nullptr};
  Guarded first(rows, n, 0, 0);
  test::all_kernels().front()->norm(call, x.view(), first.view());
  for (const Kernels* k : test::all_kernels()) {
    Guarded y(rows, n, seed % 3, seed % 11), in_place = x;
    k->norm(call, x.view(), y.view());
    k->norm(call, in_place.view(), in_place.view());
    RC_ASSERT(y.guards_intact() && in_place.guards_intact());
    RC_ASSERT(test::equal_bits(y.view(), first.view()));
    RC_ASSERT(test::equal_bits(in_place.view(), first.view()));
  }
  for (std::size_t r = 0; r < rows; ++r) {
    const std::vector<double> expected = scalar::norm_row(call, x.view().row(r), n);
    for (std::size_t i = 0; i < n; ++i) {
      // Cancellation against the bias or the mean keeps an absolute error of the size of the double sums.
      const double slack = 1e-13 * (1.0 + std::fabs(static_cast<double>(x.view().row(r)[i])));
      const float got = first.view().row(r)[i];
      RC_ASSERT(test::ulps(got, expected[i]) <= 0.501 || std::fabs(static_cast<double>(got) - expected[i]) <= slack);
    }
  }
}

TEST(Norm, ClosedForms) {
  for (const Kernels* k : test::all_kernels()) {
    const float x[] = {3, -3, 3, -3}, gain[] = {1, 2, 3, 4}, bias[] = {0, 0, 1, 1};
    float y[4];
    const ConstMatrixView in{x, 1, 4, 4};
    k->norm({.kind = NormKind::kRms, .eps = 0.0, .gain = gain, .bias = nullptr}, in, {y, 1, 4, 4});
    EXPECT_EQ(std::vector<float>(y, y + 4), (std::vector<float>{1, -2, 3, -4})) << k->isa;
    const float shifted[] = {13, 7, 13, 7};
    k->norm({.kind = NormKind::kLayer, .eps = 0.0, .gain = gain, .bias = bias}, {shifted, 1, 4, 4}, {y, 1, 4, 4});
    EXPECT_EQ(std::vector<float>(y, y + 4), (std::vector<float>{1, -2, 4, -3})) << k->isa;
  }
}

RC_GTEST_PROP(Softmax, CloseToTheTruthAndMaskedScoresAreExactlyZero, ()) {
  const std::size_t n = *rc::gen::inRange<std::size_t>(1, 400);
  const std::uint64_t seed = *rc::gen::inRange<std::uint64_t>(0, 1000);
  Guarded x = random_row(n, seed % 17, seed, 8.0f);
  for (std::size_t i = 1; i < n; ++i) {
    if ((seed + i) % 5 == 0) x.data()[i] = -kInf;
  }
  const std::vector<double> expected = scalar::softmax(x.data(), n);
  for (const Kernels* k : test::all_kernels()) {
    Guarded p = x;
    k->softmax(p.data(), n);
    RC_ASSERT(p.guards_intact());
    for (std::size_t i = 0; i < n; ++i) {
      if (x.data()[i] == -kInf) RC_ASSERT(test::bits_of(p.data()[i]) == 0u);
      RC_ASSERT(test::ulps(p.data()[i], expected[i]) <= 1.51);  // 1 and 0.5: the weight's rounding, its own
    }
  }
}

TEST(Softmax, OneScoreLargeScoresAndNan) {
  for (const Kernels* k : test::all_kernels()) {
    float one[] = {-1e30f};
    k->softmax(one, 1);
    EXPECT_EQ(one[0], 1.0f);
    float wide[] = {3e38f, -3e38f, 3e38f};
    k->softmax(wide, 3);
    EXPECT_EQ(std::vector<float>(wide, wide + 3), (std::vector<float>{0.5f, 0.0f, 0.5f}));
    float nan[] = {1.0f, kNan, 2.0f};
    k->softmax(nan, 3);
    for (const float p : nan) EXPECT_TRUE(std::isnan(p)) << k->isa;
  }
}

LogitFold folded(const Kernels& k, const float* z, std::size_t n, std::size_t slice) {
  LogitFold fold;
  for (std::size_t i = 0; i < n; i += slice) k.fold_logits(z + i, std::min(slice, n - i), fold);
  return fold;
}

/// Relative 1e-13: sums of up to 1,400 terms of one sign, and exponentials with 1e-15.
RC_GTEST_PROP(FoldLogits, AnySlicingGivesTheSumsOfTheWholeRow, ()) {
  const std::size_t n = *rc::gen::inRange<std::size_t>(1, 1400), slice = *rc::gen::inRange<std::size_t>(1, 1500);
  const std::uint64_t seed = *rc::gen::inRange<std::uint64_t>(0, 1000);
  Guarded z = random_row(n, seed % 17, seed, 6.0f);
  for (std::size_t i = 0; i < n; ++i) z.data()[i] += 20.0f;
  const scalar::LogitSums expected = scalar::logit_sums(z.data(), n);
  for (const Kernels* k : test::all_kernels()) {
    const LogitFold f = folded(*k, z.data(), n, slice);
    const double count = static_cast<double>(n), mean = f.sum / count;
    const double log_z = f.max + std::log(f.sum_exp);
    const double entropy = log_z - f.max - f.sum_exp_shift / f.sum_exp;
    const double variance = (f.sum_squares - f.sum_shift * f.sum_shift / count) / count;
    RC_ASSERT(f.count == n && f.non_finite == 0u);
    RC_ASSERT(f.max == expected.max && f.min == expected.min);
    RC_ASSERT(std::fabs(mean - expected.mean) <= 1e-13 * std::fabs(expected.mean));
    RC_ASSERT(std::fabs(variance - expected.variance) <= 1e-12 * (expected.variance + 1e-300) + 1e-12 * 36);
    RC_ASSERT(std::fabs(log_z - expected.log_z) <= 1e-13 * std::fabs(expected.log_z));
    RC_ASSERT(std::fabs(entropy - expected.entropy) <= 1e-12 * (1.0 + expected.entropy));
  }
}

TEST(FoldLogits, UniformLogitsHaveTheLogOfTheirNumberAsEntropy) {
  const std::vector<float> z(1000, -7.25f);
  for (const Kernels* k : test::all_kernels()) {
    const LogitFold f = folded(*k, z.data(), z.size(), 96);
    EXPECT_EQ(f.sum_exp, 1000.0) << k->isa;
    EXPECT_EQ(f.sum_exp_shift, 0.0) << k->isa;
    EXPECT_EQ(f.sum_squares, 0.0) << k->isa;
    EXPECT_EQ(f.sum, -7250.0) << k->isa;
  }
}

TEST(FoldLogits, CountsWhatIsNotFinite) {
  std::vector<float> z(50, 1.0f);
  z[0] = kNan, z[20] = kInf, z[49] = -kInf;
  for (const Kernels* k : test::all_kernels()) EXPECT_EQ(folded(*k, z.data(), z.size(), 7).non_finite, 3u) << k->isa;
}

TEST(FoldLogits, EqualBitsOnEveryTargetWithFma) {
  Guarded z = random_row(1003, 3, 1, 9.0f);
  const auto all = test::all_kernels();
  const LogitFold expected = folded(*all.front(), z.data(), 1003, 256);
  for (const Kernels* k : all) {
    if (k->has_fma != all.front()->has_fma) continue;
    const LogitFold got = folded(*k, z.data(), 1003, 256);
    EXPECT_EQ(test::bits_of(got.sum_exp), test::bits_of(expected.sum_exp)) << k->isa;
    EXPECT_EQ(test::bits_of(got.sum_exp_shift), test::bits_of(expected.sum_exp_shift)) << k->isa;
    EXPECT_EQ(test::bits_of(got.sum_squares), test::bits_of(expected.sum_squares)) << k->isa;
  }
}

/// exp in double against the platform's: e^-x is what fold_logits gives for the row {0, -x}.
TEST(FoldLogits, ExponentialsAreRightTo1e15) {
  for (const Kernels* k : test::all_kernels()) {
    double worst = 0.0;
    for (float x = 0.0f; x < 36.0f; x += 0.0137f) {
      const float z[] = {-x, 0.0f};
      LogitFold f;
      k->fold_logits(z, 1, f);  // sums relative to -x, then moved to 0: 1 becomes e^-x
      k->fold_logits(z + 1, 1, f);
      const double truth = 1.0 + std::exp(-static_cast<double>(x));
      const double error = std::fabs(f.sum_exp - truth) / truth;
      worst = error <= worst ? worst : error;
    }
    EXPECT_TRUE(worst <= 1e-15) << k->isa << " " << worst;
  }
}

}  // namespace
}  // namespace sg
