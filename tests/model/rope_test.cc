// Rotary frequencies of every kind of scaling against transformers' own functions (oracle/make_rope_goldens.py).
#include "model/rope.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

namespace sg {
namespace {

using nlohmann::json;

TEST(Rope, FrequenciesAreThoseOfTheReference) {
  json cases;
  std::ifstream(SG_TEST_DATA "/model/rope.json") >> cases;
  std::map<RopeType, int> seen;
  for (const json& each : cases) {
    const auto config = Config::from_json(each["config"].dump(), "config.json");
    ASSERT_TRUE(config.ok()) << config.error().message();
    const RopeSpec absent = {.rotary_dim = each["config"]["head_dim"],
                             .max_position = each["config"]["max_position_embeddings"]};
    const auto rope = read_rope(config.value(), {}, absent);
    ASSERT_TRUE(rope.ok()) << rope.error().message();
    ASSERT_TRUE(check_rope(rope.value(), "config.json").ok());
    const RopeFrequencies got = resolve(rope.value(), each["length"]);
    ASSERT_EQ(got.inverse.size(), each["inverse"].size());
    EXPECT_TRUE(std::abs(got.attention_scaling - each["scaling"].get<double>()) <= 1e-12) << each["config"].dump();
    for (std::size_t j = 0; j < got.inverse.size(); ++j) {
      // A handful of roundings to float32 on either side; powers of the base may differ in the last place.
      const double expected = each["inverse"][j];
      EXPECT_TRUE(std::abs(static_cast<double>(got.inverse[j]) - expected) <= 8 * 0x1p-24 * expected)
          << each["config"].dump() << " length " << each["length"] << " pair " << j;
    }
    ++seen[rope.value().type];
  }
  for (const RopeType type :
       {RopeType::kLinear, RopeType::kDynamic, RopeType::kYarn, RopeType::kLongrope, RopeType::kLlama3}) {
    EXPECT_GE(seen[type], 30) << name(type);
  }
}

TEST(Rope, FactorsThatGiveNoFrequencyAreRefused) {
  const RopeSpec good = {.type = RopeType::kLongrope,
                         .rotary_dim = 4,
                         .factor = 2,
                         .max_position = 64,
                         .original_max_position = 32,
                         .long_factor = {1, 2},
                         .short_factor = {1, 2}};
  ASSERT_TRUE(check_rope(good, "test").ok());
  for (const double wrong : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    RopeSpec longer = good, shorter = good, divided = {.rotary_dim = 4, .max_position = 64};
    longer.long_factor[1] = wrong;
    shorter.short_factor[0] = wrong;
    divided.divisors = {1, static_cast<float>(wrong)};
    for (const RopeSpec& rope : {longer, shorter, divided}) EXPECT_FALSE(check_rope(rope, "test").ok()) << wrong;
  }
  RopeSpec one = good;
  one.short_factor.clear();
  EXPECT_FALSE(check_rope(one, "test").ok());
  one = good;
  one.long_factor.push_back(1);
  EXPECT_FALSE(check_rope(one, "test").ok());
}

}  // namespace
}  // namespace sg
