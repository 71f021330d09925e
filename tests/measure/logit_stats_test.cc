// Statistics of the output distribution: closed forms, and what is said of logits that are not finite.
#include "measure/logit_stats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "io/temp_folder.h"
#include "measure/measure.h"

namespace sg {
namespace {

LogitStats stats_of(const std::vector<float>& logits) {
  LogitSummary all;
  fold(*kernels_for("").value(), 0, logits, all);
  return logit_stats(all, 0);
}

TEST(LogitStats, TheMarginIsThatOfTheTwoLargest) {
  EXPECT_EQ(stats_of({1, -3, 4.5f, 2}).top1_margin, 2.5);
  EXPECT_EQ(stats_of({2, 2}).top1_margin, 0.0);
  EXPECT_EQ(stats_of({-1e30f, 1}).top1_margin, 1 + static_cast<double>(1e30f));
  std::vector<float> many(40000, -1.0f);
  many[39999] = 0.25f;
  EXPECT_EQ(stats_of(many).top1_margin, 1.25);
}

TEST(LogitStats, OneLogitHasNoMargin) { EXPECT_FALSE(stats_of({3}).top1_margin.has_value()); }

TEST(LogitStats, WithLogitsThatAreNotFiniteEveryNumberIsNaN) {
  const LogitStats s = stats_of({1, std::numeric_limits<float>::infinity(), 2});
  each_field(s, []<class T>(const RowField& field, const T& value) {
    if constexpr (std::is_same_v<T, double>) {
      EXPECT_TRUE(std::isnan(value)) << field.key;
    } else if constexpr (std::is_same_v<T, std::optional<double>>) {
      EXPECT_TRUE(std::isnan(value.value_or(0))) << field.key;
    }
  });
}

/// A golden model with one number of its unembedding made infinite.
std::filesystem::path infinite_head(const std::filesystem::path& folder) {
  const std::filesystem::path from = std::filesystem::path(SG_TEST_DATA) / "golden" / "llama-deep";
  for (const char* name : {"config.json", "model.safetensors"}) {
    std::filesystem::copy_file(from / name, folder / name);
  }
  std::fstream file(folder / "model.safetensors", std::ios::in | std::ios::out | std::ios::binary);
  std::uint64_t header = 0;
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  std::string text(header, ' ');
  file.read(text.data(), static_cast<std::streamsize>(header));
  const std::string key = "\"data_offsets\":[";
  const std::size_t at = text.find(key, text.find("\"lm_head.weight\"")) + key.size();
  const float infinity = std::numeric_limits<float>::infinity();
  file.seekp(static_cast<std::streamoff>(sizeof header + header + std::stoull(text.substr(at))));
  file.write(reinterpret_cast<const char*>(&infinity), sizeof infinity);
  return folder;
}

TEST(LogitStats, LogitsThatAreNotFiniteAreAWarning) {
  const test::TempFolder folder;
  const Result<Model> model = open_model(infinite_head(folder.path()));
  ASSERT_TRUE(model.ok()) << model.error().message();
  std::vector<Sequence> prompts(1);
  prompts[0].ids = {3, 1, 4};
  const Result<Measurement> m =
      measure(model.value(), nullptr, prompts, {.logits = LogitPositions::kLast, .lens = LogitPositions::kLast});
  ASSERT_TRUE(m.ok()) << m.error().message();
  const std::vector<std::string> expected = {
      "prompt 1: the logits at token 2 are not finite",
      "prompt 1: the lens's logits after block 0 are the first that are not finite, at token 2"};
  EXPECT_EQ(m.value().warnings, expected);
}

}  // namespace
}  // namespace sg
