#include "kernel/rounding.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "kernel/decode.h"

namespace sg {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Every number of a two-byte type, by its decoder.
std::vector<float> all_of(DType dtype) {
  std::vector<std::uint16_t> bits(1 << 16);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<std::uint16_t>(i);
  std::vector<float> numbers(bits.size());
  decode_scalar(dtype, reinterpret_cast<const std::byte*>(bits.data()), bits.size(), numbers.data());
  return numbers;
}

void expect_same(float got, float want) {
  EXPECT_EQ(std::bit_cast<std::uint32_t>(got), std::bit_cast<std::uint32_t>(want)) << got << " " << want;
}

/// Between two neighbours: below the middle to the lower one, above it to the upper one, in the middle to the one whose
/// last bit is 0. Covers subnormals, and the infinity above the largest number.
void expect_nearest(Precision precision, DType dtype) {
  const std::vector<float> numbers = all_of(dtype);
  for (std::size_t i = 0; i + 1 < numbers.size() / 2; ++i) {
    const float low = numbers[i], high = numbers[i + 1];
    expect_same(round_to(precision, low), low);
    expect_same(round_to(precision, -low), -low);
    if (!std::isfinite(low) || !std::isfinite(high)) continue;
    const auto middle = static_cast<float>((static_cast<double>(low) + static_cast<double>(high)) / 2);
    if (middle == low || middle == high) continue;  // beyond float32's own subnormals
    expect_same(round_to(precision, middle), i % 2 == 0 ? low : high);
    expect_same(round_to(precision, std::nextafter(middle, low)), low);
    expect_same(round_to(precision, std::nextafter(middle, high)), high);
    expect_same(round_to(precision, -std::nextafter(middle, high)), -high);
  }
}

TEST(Rounding, TakesTheNearestNumberOfBfloat16) { expect_nearest(Precision::kBfloat16, DType::kBF16); }
TEST(Rounding, TakesTheNearestNumberOfFloat16) { expect_nearest(Precision::kFloat16, DType::kF16); }

TEST(Rounding, WhatIsTooLargeIsInfinite) {
  EXPECT_EQ(round_to(Precision::kFloat16, 65519.99f), 65504.0f);
  EXPECT_EQ(round_to(Precision::kFloat16, 65520.0f), kInfinity);
  EXPECT_EQ(round_to(Precision::kFloat16, -1e30f), -kInfinity);
  EXPECT_EQ(round_to(Precision::kBfloat16, std::numeric_limits<float>::max()), kInfinity);
  for (const Precision p : {Precision::kBfloat16, Precision::kFloat16}) {
    EXPECT_EQ(round_to(p, -kInfinity), -kInfinity);
    EXPECT_TRUE(std::isnan(round_to(p, std::nanf(""))));
  }
}

TEST(Rounding, Float32StaysAsItIs) {
  std::vector<float> numbers = {1.0f / 3, -0.0f, 1e-42f, kInfinity};
  const std::vector<float> before = numbers;
  round_to(Precision::kFloat32, numbers.data(), numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) expect_same(numbers[i], before[i]);
}

TEST(Rounding, RowsOfAViewAndNothingBesideThem) {
  std::vector<float> numbers(2 * 8, 1.0f / 3);
  round_to(Precision::kBfloat16, MatrixView{numbers.data(), 2, 5, 8});
  for (std::size_t i = 0; i < numbers.size(); ++i)
    expect_same(numbers[i], i % 8 < 5 ? round_to(Precision::kBfloat16, 1.0f / 3) : 1.0f / 3);
}

TEST(Rounding, NamesComeBack) {
  for (const Precision p : {Precision::kFloat32, Precision::kBfloat16, Precision::kFloat16})
    EXPECT_EQ(find_precision(name(p)), p);
  EXPECT_EQ(find_precision("half"), std::nullopt);
}

}  // namespace
}  // namespace sg
