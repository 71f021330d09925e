#include "forward/rope_table.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sg {
namespace {

TEST(RopeTable, PositionZeroIsTheIdentityAndEveryPairLiesOnTheCircle) {
  const RopeSpec rope = {.theta = 10000, .rotary_dim = 16, .max_position = 64};
  const RopeTable table = make_rope_table(resolve(rope, 64), 64);
  for (std::size_t j = 0; j < table.pairs; ++j) {
    EXPECT_EQ(table.cos_at(0)[j], 1.0f);
    EXPECT_EQ(table.sin_at(0)[j], 0.0f);
    for (std::size_t p = 0; p < 64; ++p) {
      const double c = static_cast<double>(table.cos_at(p)[j]), s = static_cast<double>(table.sin_at(p)[j]);
      EXPECT_TRUE(std::abs(c * c + s * s - 1) <= 4 * 0x1p-24);
    }
  }
}

TEST(RopeTable, LinearScalingStretchesPositions) {
  const RopeSpec plain = {.theta = 10000, .rotary_dim = 8, .max_position = 64};
  RopeSpec linear = plain;
  linear.type = RopeType::kLinear;
  linear.factor = 4;
  const RopeTable a = make_rope_table(resolve(plain, 8), 8), b = make_rope_table(resolve(linear, 32), 32);
  for (std::size_t p = 0; p < 8; ++p) {
    for (std::size_t j = 0; j < 4; ++j) EXPECT_EQ(a.cos_at(p)[j], b.cos_at(4 * p)[j]);
  }
}

TEST(Rope, DynamicEqualsDefaultUpToTheTrainedLengthAndStretchesBeyond) {
  const RopeSpec plain = {.theta = 10000, .rotary_dim = 8, .max_position = 32};
  RopeSpec dynamic = plain;
  dynamic.type = RopeType::kDynamic;
  dynamic.factor = 2;
  EXPECT_EQ(resolve(dynamic, 32).inverse, resolve(plain, 32).inverse);
  EXPECT_LT(resolve(dynamic, 64).inverse.back(), resolve(plain, 64).inverse.back());
}

TEST(Rope, Llama3KeepsShortWavelengthsAndDividesLongOnes) {
  RopeSpec r = {.theta = 500000, .rotary_dim = 128, .max_position = 131072};
  const std::vector<float> plain = resolve(r, 1).inverse;
  r.type = RopeType::kLlama3;
  r.factor = 8;
  r.low_freq_factor = 1;
  r.high_freq_factor = 4;
  r.original_max_position = 8192;
  const std::vector<float> scaled = resolve(r, 1).inverse;
  EXPECT_EQ(scaled.front(), plain.front());
  EXPECT_EQ(scaled.back(), plain.back() / 8);
  for (std::size_t j = 0; j < plain.size(); ++j) {
    EXPECT_LE(scaled[j], plain[j]);
    EXPECT_GE(scaled[j], plain[j] / 8);
  }
}

}  // namespace
}  // namespace sg
