// The stored values of scipy, statsmodels and mpmath (oracle/stats_reference.py), and what agreement with them means.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sg {

inline nlohmann::json reference_cases(const std::string& name) {
  const auto path = std::filesystem::path(SG_TEST_DATA) / "stats" / (name + ".json");
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  return nlohmann::json::parse(file).at("cases");
}

inline std::vector<double> doubles(const nlohmann::json& array) { return array.get<std::vector<double>>(); }

/// |got - expected| <= relative |expected|, and a NaN fails.
inline ::testing::AssertionResult near_relative(double got, double expected, double relative) {
  if (std::abs(got - expected) <= relative * std::abs(expected)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << got << " against " << expected << ", relative difference "
                                       << std::abs(got - expected) / std::abs(expected);
}

/// Within 1e-10 of the exact value; and of scipy's, but for what scipy itself misses. `lost`: digits that the input
/// cannot give, as an absolute difference.
inline void expect_agrees(double got, const nlohmann::json& of, const char* key, double lost = 0) {
  SCOPED_TRACE(key);
  const double exact = of.at("exact").at(key);
  EXPECT_LE(std::abs(got - exact), 1e-10 * std::abs(exact) + lost) << got << " against exactly " << exact;
  if (!of.at("scipy").contains(key) || of.at("scipy").at(key).is_null()) return;
  const double scipy = of.at("scipy").at(key), missed = std::abs(scipy - exact);
  EXPECT_LE(std::abs(got - scipy), 1e-10 * std::abs(scipy) + missed + lost) << got << " against scipy's " << scipy;
}

}  // namespace sg
