// Activations and the other kernels of one value: accuracy over a sweep of the bit patterns of float32,
// extremes, equal bits on every target with FMA, nothing written outside.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <functional>

#include "kernel/scalar.h"
#include "kernel/support.h"

namespace sg {
namespace {

using test::Guarded;

constexpr XieluParams kXieluParams = {.alpha_p = 0.8f, .alpha_n = 1.3f, .beta = 0.5f, .eps = -1e-6f};
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct ActRow {
  const char* name;
  float at_minus_inf;  // as PyTorch's float32 kernels: -inf times 0 and inf - inf are NaN
  Act act;
};
constexpr ActRow kActs[] = {{"silu", kNan, Act::kSilu},        {"gelu_tanh", kNan, Act::kGeluTanh},
                            {"gelu_erf", kNan, Act::kGeluErf}, {"gelu_quick", kNan, Act::kGeluQuick},
                            {"relu", 0.0f, Act::kRelu},        {"relu2", 0.0f, Act::kRelu2},
                            {"xielu", kNan, Act::kXielu}};

/// Finite floats evenly spread over the bit patterns, both signs: subnormal to largest.
std::vector<float> bit_sweep() {
  std::vector<float> values;
  constexpr std::uint32_t kStep = 40009;  // prime, so that mantissas vary; about 106,000 values
  for (std::uint32_t bits = 0; bits < 0x7f800000u; bits += kStep) {
    values.push_back(std::bit_cast<float>(bits));
    values.push_back(-std::bit_cast<float>(bits));
  }
  return values;
}

/// Worst error over the sweep, in ulp of the float nearest to the true value.
double worst_ulps(const std::vector<float>& got, const std::function<double(double)>& truth) {
  const std::vector<float> x = bit_sweep();
  double worst = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double error = test::ulps(got[i], truth(static_cast<double>(x[i])));
    worst = error <= worst ? worst : error;
  }
  return worst;
}

/// One rounding to float32 is 0.5 ulp, half-way cases included; the polynomials in double add less than 0.01.
/// Below 0.49 the reference would not be independent of the rounding.
void expect_one_rounding(double worst, const std::string& what) {
  EXPECT_TRUE(worst <= 0.51) << what << " " << worst;
  EXPECT_TRUE(worst >= 0.49) << what << " " << worst;
}

TEST(Activation, WithinOneRoundingOverAllMagnitudes) {
  for (const Kernels* k : test::all_kernels()) {
    for (const ActRow& row : kActs) {
      std::vector<float> y = bit_sweep();
      k->activate(row.act, kXieluParams, y.data(), y.size());
      const double worst = worst_ulps(y, [&](double x) { return scalar::activation(row.act, kXieluParams, x); });
      if (row.act == Act::kRelu) {
        EXPECT_EQ(worst, 0.0) << k->isa;
      } else {
        expect_one_rounding(worst, std::string(k->isa) + " " + row.name);
      }
    }
  }
}

TEST(Activation, InfinityAndNan) {
  for (const Kernels* k : test::all_kernels()) {
    for (const ActRow& row : kActs) {
      float x[] = {kNan, kInf, -kInf, 0.0f, -0.0f};
      k->activate(row.act, kXieluParams, x, std::size(x));
      EXPECT_TRUE(std::isnan(x[0])) << k->isa << row.name;
      EXPECT_EQ(x[1], kInf) << k->isa << row.name;
      EXPECT_TRUE(x[2] == row.at_minus_inf || (std::isnan(x[2]) && std::isnan(row.at_minus_inf)))
          << k->isa << row.name << x[2];
      if (row.act == Act::kXielu) continue;  // alpha_n (expm1(eps) - 0) is not 0
      EXPECT_TRUE(x[3] == 0.0f && x[4] == 0.0f) << k->isa << row.name;
    }
  }
}

TEST(Softcap, WithinOneRoundingAndNeverAboveTheCap) {
  for (const Kernels* k : test::all_kernels()) {
    for (const float cap : {30.0f, 50.0f}) {
      std::vector<float> y = bit_sweep();
      k->softcap(cap, y.data(), y.size());
      const double wide = static_cast<double>(cap);
      expect_one_rounding(worst_ulps(y, [&](double x) { return scalar::softcap(wide, x); }), std::string(k->isa));
      float ends[] = {kInf, -kInf, kNan};
      k->softcap(cap, ends, 3);
      EXPECT_EQ(ends[0], cap);
      EXPECT_EQ(ends[1], -cap);
      EXPECT_TRUE(std::isnan(ends[2]));
    }
  }
}

TEST(Clamp, KeepsNanAndTheLimits) {
  for (const Kernels* k : test::all_kernels()) {
    float x[] = {kNan, kInf, -kInf, 5.0f, -5.0f, 8.0f, -8.0f, 8.5f, -0.0f, 1e-45f};
    k->clamp(8.0f, x, std::size(x));
    const float expected[] = {kNan, 8.0f, -8.0f, 5.0f, -5.0f, 8.0f, -8.0f, 8.0f, -0.0f, 1e-45f};
    for (std::size_t i = 1; i < std::size(x); ++i) EXPECT_EQ(test::bits_of(x[i]), test::bits_of(expected[i])) << k->isa;
    EXPECT_TRUE(std::isnan(x[0]));
  }
}

/// Runs one kernel in place over a row of n at some alignment, between NaN.
using InPlace = std::function<void(const Kernels&, float* y, const float* x, std::size_t n)>;

struct InPlaceRow {
  const char* name;
  bool needs_fma;  // equal bits only between targets with FMA; else on all
  InPlace run;
};

const std::vector<InPlaceRow>& in_place_kernels() {
  static const std::vector<InPlaceRow> rows = [] {
    std::vector<InPlaceRow> list = {
        {"add", false, [](const Kernels& k, float* y, const float* x, std::size_t n) { k.add(x, y, n); }},
        {"multiply", false, [](const Kernels& k, float* y, const float* x, std::size_t n) { k.multiply(x, y, n); }},
        {"scale", false, [](const Kernels& k, float* y, const float*, std::size_t n) { k.scale(0.3f, y, n); }},
        {"clamp", false, [](const Kernels& k, float* y, const float*, std::size_t n) { k.clamp(0.7f, y, n); }},
        {"softcap", true, [](const Kernels& k, float* y, const float*, std::size_t n) { k.softcap(0.7f, y, n); }},
        {"softmax", true, [](const Kernels& k, float* y, const float*, std::size_t n) { k.softmax(y, n); }}};
    for (const ActRow& row : kActs) {
      list.push_back({row.name, true, [act = row.act](const Kernels& k, float* y, const float*, std::size_t n) {
                        k.activate(act, kXieluParams, y, n);
                      }});
    }
    return list;
  }();
  return rows;
}

RC_GTEST_PROP(InPlace, EqualBitsOnEveryTargetAtEveryLengthAndAlignment, ()) {
  const std::size_t n = *rc::gen::inRange<std::size_t>(1, 100);
  const std::size_t offset = *rc::gen::inRange<std::size_t>(0, 17);
  const std::uint64_t seed = *rc::gen::arbitrary<std::uint64_t>();
  Guarded x(1, n, 0, offset + 1);
  test::fill_normal(x.view(), seed, 3.0f);
  for (const InPlaceRow& row : in_place_kernels()) {
    Guarded expected(1, n, 0, 0);
    test::fill_normal(expected.view(), seed + 1, 3.0f);
    const Kernels& best = *test::all_kernels().front();
    row.run(best, expected.data(), x.data(), n);
    for (const Kernels* k : test::all_kernels()) {
      if (row.needs_fma && k->has_fma != best.has_fma) continue;
      Guarded y(1, n, 0, offset);
      test::fill_normal(y.view(), seed + 1, 3.0f);
      row.run(*k, y.data(), x.data(), n);
      RC_ASSERT(y.guards_intact());
      RC_ASSERT(test::equal_bits(y.view(), expected.view()));
    }
  }
}

RC_GTEST_PROP(Arithmetic, IsOneFloatOperation, (std::vector<float> x, std::vector<float> y, float factor)) {
  const std::size_t n = std::min(x.size(), y.size());
  for (const Kernels* k : test::all_kernels()) {
    std::vector<float> sum = y, product = y, scaled = y;
    k->add(x.data(), sum.data(), n);
    k->multiply(x.data(), product.data(), n);
    k->scale(factor, scaled.data(), n);
    for (std::size_t i = 0; i < n; ++i) {
      RC_ASSERT(test::bits_of(sum[i]) == test::bits_of(y[i] + x[i]));
      RC_ASSERT(test::bits_of(product[i]) == test::bits_of(y[i] * x[i]));
      RC_ASSERT(test::bits_of(scaled[i]) == test::bits_of(y[i] * factor));
    }
  }
}

RC_GTEST_PROP(Rotate, EqualsThePlainRotationBitForBit, ()) {
  const std::size_t pairs = *rc::gen::inRange<std::size_t>(1, 70), rest = *rc::gen::inRange<std::size_t>(0, 9);
  const Pairing pairing = *rc::gen::element(Pairing::kHalves, Pairing::kAdjacent);
  const std::uint64_t seed = *rc::gen::arbitrary<std::uint64_t>();
  Guarded cos(1, pairs, 0, seed % 7), sin(1, pairs, 0, seed % 5), expected(1, 2 * pairs + rest, 0, 0);
  test::fill_normal(cos.view(), seed);
  test::fill_normal(sin.view(), seed + 1);
  test::fill_normal(expected.view(), seed + 2);
  Guarded start = expected;
  scalar::rotate(pairing, cos.data(), sin.data(), pairs, expected.data());
  RC_ASSERT(test::equal_bits(start.view().col_range(2 * pairs, rest), expected.view().col_range(2 * pairs, rest)));
  for (const Kernels* k : test::all_kernels()) {
    Guarded x = start;
    k->rotate(pairing, cos.data(), sin.data(), pairs, x.data());
    RC_ASSERT(test::equal_bits(x.view(), expected.view()));
    RC_ASSERT(x.guards_intact());
  }
}

TEST(Rotate, AQuarterTurnAndItsInverse) {
  for (const Kernels* k : test::all_kernels()) {
    const float zero[] = {0.0f, 0.0f}, one[] = {1.0f, 1.0f};
    float halves[] = {1, 2, 3, 4}, adjacent[] = {1, 2, 3, 4};
    k->rotate(Pairing::kHalves, zero, one, 2, halves);
    k->rotate(Pairing::kAdjacent, zero, one, 2, adjacent);
    EXPECT_EQ(std::vector<float>(halves, halves + 4), (std::vector<float>{-3, -4, 1, 2}));
    EXPECT_EQ(std::vector<float>(adjacent, adjacent + 4), (std::vector<float>{-2, 1, -4, 3}));
  }
}

}  // namespace
}  // namespace sg
