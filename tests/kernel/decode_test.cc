#include "kernel/decode.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace sg {
namespace {

struct Golden {
  DType dtype;
  std::vector<std::byte> stored;
  std::vector<float> decoded;
};

std::optional<DType> dtype_named(const std::string& wanted) {
  for (int i = 0; i < static_cast<int>(DType::kCount); ++i) {
    if (name(static_cast<DType>(i)) == wanted) return static_cast<DType>(i);
  }
  return std::nullopt;
}

std::vector<Golden> goldens() {
  std::vector<Golden> out;
  std::ifstream file(SG_TEST_DATA "/io/blocks.txt");
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string dtype, hex, bits;
    words >> dtype >> hex >> bits;
    Golden golden{dtype_named(dtype).value(), {}, {}};
    for (std::size_t i = 0; i < hex.size(); i += 2) {
      golden.stored.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    std::istringstream list(bits);
    for (std::string item; std::getline(list, item, ',');) {
      golden.decoded.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(std::stoul(item, nullptr, 16))));
    }
    out.push_back(std::move(golden));
  }
  return out;
}

bool same(float a, float b) {
  return (std::isnan(a) && std::isnan(b)) || std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

TEST(Decode, EveryWeightTypeEqualsTheReferenceBitForBit) {
  std::set<DType> seen;
  for (const Golden& golden : goldens()) {
    seen.insert(golden.dtype);
    ASSERT_EQ(byte_size(golden.dtype, golden.decoded.size()), golden.stored.size()) << name(golden.dtype);
    std::vector<float> decoded(golden.decoded.size());
    decode_scalar(golden.dtype, golden.stored.data(), decoded.size(), decoded.data());
    for (std::size_t i = 0; i < decoded.size(); ++i) {
      ASSERT_TRUE(same(decoded[i], golden.decoded[i]))
          << name(golden.dtype) << " item " << i << ": expected " << golden.decoded[i] << ", got " << decoded[i];
    }
  }
  for (int i = 0; i < static_cast<int>(DType::kCount); ++i) {
    const auto dtype = static_cast<DType>(i);
    EXPECT_EQ(seen.contains(dtype), traits(dtype).is_weight) << name(dtype);
  }
}

TEST(Decode, WritesExactlyItsItemsFromAnyAddress) {
  for (const Golden& golden : goldens()) {
    std::vector<std::byte> shifted(golden.stored.size() + 1);
    std::copy(golden.stored.begin(), golden.stored.end(), shifted.begin() + 1);
    std::vector<float> decoded(golden.decoded.size() + 1, -1.5f);
    decode_scalar(golden.dtype, shifted.data() + 1, golden.decoded.size(), decoded.data());
    EXPECT_EQ(decoded.back(), -1.5f) << name(golden.dtype);
    EXPECT_TRUE(same(decoded[golden.decoded.size() - 1], golden.decoded.back())) << name(golden.dtype);
  }
}

RC_GTEST_PROP(Decode, HalfEqualsItsDefinition, ()) {
  const auto bits = *rc::gen::arbitrary<std::uint16_t>();
  const int exponent = (bits >> 10) & 31, mantissa = bits & 1023;
  RC_PRE(exponent != 31);
  const double magnitude = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  RC_ASSERT(half_to_float(bits) == static_cast<float>((bits & 0x8000) != 0 ? -magnitude : magnitude));
}

TEST(Decode, RefusesWhatHasNoDecoder) {
  const std::byte stored[32] = {};
  float decoded[32] = {};
  EXPECT_THROW(decode_scalar(DType::kI32, stored, 1, decoded), std::logic_error);
  EXPECT_THROW(decode_scalar(DType::kQ4_0, stored, 16, decoded), std::logic_error);
}

}  // namespace
}  // namespace sg
