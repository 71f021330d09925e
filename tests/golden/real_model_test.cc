// The two real models against their float64 goldens, and the figures that the design states. The models are 100 and
// 250 MB, so the tests run where tools/fetch_models.py has put them: SG_MODELS, or the user's cache.
#include <gtest/gtest.h>

#include <cstdlib>

#include "golden/golden.h"

namespace sg::golden {
namespace {

std::filesystem::path models_folder() {
  if (const char* folder = std::getenv("SG_MODELS")) return folder;
  if (const char* cache = std::getenv("XDG_CACHE_HOME")) return std::filesystem::path(cache) / "streamgauge/models";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home == nullptr ? "." : home) / ".cache/streamgauge/models";
}

struct RealCase {
  const char* golden;
  const char* ids;  // of tests/data/tokenizer: many hostile texts
  const char* file;
};

class RealModel : public testing::TestWithParam<RealCase> {};

TEST_P(RealModel, IdsAndEverySiteAgreeWithTheReference) {
  const std::filesystem::path path = models_folder() / GetParam().file;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there; tools/fetch_models.py obtains it";
  expect_texts_and_sites(path, read_json(std::filesystem::path(SG_TEST_DATA) / "golden/real" / GetParam().golden),
                         5e-5);
}

TEST_P(RealModel, IdsOfHostileTextsAreTheReferences) {
  const std::filesystem::path path = models_folder() / GetParam().file;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there; tools/fetch_models.py obtains it";
  const nlohmann::json golden = read_json(std::filesystem::path(SG_TEST_DATA) / "tokenizer" / GetParam().ids);
  const Result<Model> model = open_model(path);
  ASSERT_TRUE(model.ok()) << model.error().message();
  const Result<Tokenizer> tokenizer = load_tokenizer(model.value());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message();
  ASSERT_EQ(golden["texts"].size(), golden["ids"].size());
  for (std::size_t i = 0; i < golden["texts"].size(); ++i) {
    const auto text = golden["texts"][i].get<std::string>();
    const Result<std::vector<std::int32_t>> ids = tokenizer.value().encode(text);
    ASSERT_TRUE(ids.ok()) << ids.error().message();
    EXPECT_EQ(ids.value(), golden["ids"][i].get<std::vector<std::int32_t>>()) << testing::PrintToString(text);
  }
}

std::string real_name(const testing::TestParamInfo<RealCase>& tested) {
  return tested.index == 0 ? "SmolLM2" : "Gemma3";
}
INSTANTIATE_TEST_SUITE_P(Models, RealModel,
                         testing::Values(RealCase{"smollm2.json", "real_smollm2.json",
                                                  "SmolLM2-135M-Instruct.Q4_1.gguf"},
                                         RealCase{"gemma3-270m.json", "real_gemma3.json", "gemma-3-270m-q4_k_m.gguf"}),
                         real_name);

}  // namespace
}  // namespace sg::golden
