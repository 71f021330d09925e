#include "kernel/median_magnitude.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace sg {
namespace {

double by_sorting(std::vector<float> all) {
  for (float& x : all) x = std::abs(x);
  std::sort(all.begin(), all.end());
  const std::size_t middle = all.size() / 2;
  const double upper = static_cast<double>(all[middle]);
  return all.size() % 2 == 1 ? upper : (upper + static_cast<double>(all[middle - 1])) / 2;
}

double of(const std::vector<float>& x) { return median_magnitude({x.data(), 1, x.size(), x.size()}); }

RC_GTEST_PROP(MedianMagnitude, IsWhatSortingFinds, ()) {
  // From one value in all magnitudes to many equal ones: `mask` takes bits away.
  const auto mask = *rc::gen::element(0xffffffffu, 0xfff00000u, 0x80100000u, 0xff800001u);
  const auto bits = *rc::gen::nonEmpty<std::vector<std::uint32_t>>();
  std::vector<float> x;
  for (const std::uint32_t b : bits) {
    const float value = std::bit_cast<float>(b & mask);
    x.push_back(std::isnan(value) ? 0.5f : value);
  }
  RC_ASSERT(std::bit_cast<std::uint64_t>(of(x)) == std::bit_cast<std::uint64_t>(by_sorting(x)));
}

TEST(MedianMagnitude, OfTheUsualAndOfTheEdges) {
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(of({-3.0f}), 3.0);
  EXPECT_EQ(of({1.0f, -1000.0f}), 500.5);
  EXPECT_EQ(of({0.0f, -0.0f, inf}), 0.0);
  EXPECT_EQ(of({1.0f, -inf}), static_cast<double>(inf));
  EXPECT_EQ(of({1e-42f, 2e-42f, 3e-42f}), static_cast<double>(2e-42f));
}

TEST(MedianMagnitude, LooksAtNothingBetweenTheRows) {
  const std::vector<float> x = {1, 2, 99, 3, 4, 99};
  EXPECT_EQ(median_magnitude({x.data(), 2, 2, 3}), 2.5);
}

}  // namespace
}  // namespace sg
