// Tokens and switches beside tokenizer.json, against transformers (oracle/make_tokenizer_config_rules.py), and files
// that are not what they should be.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tokenizer/tokenizer.h"

namespace sg {
namespace {

using nlohmann::json;

std::string text_of(const json& files, const char* name) { return files.contains(name) ? files[name].dump() : ""; }

Result<Tokenizer> opened(const json& tokenizer, const json& files) {
  const std::string root = tokenizer.dump();
  const std::string config = text_of(files, "tokenizer_config.json");
  const std::string map = text_of(files, "special_tokens_map.json");
  const std::string added = text_of(files, "added_tokens.json");
  return Tokenizer::from_files({.tokenizer = {root, "tokenizer.json"},
                                .config = {config, "tokenizer_config.json"},
                                .special_tokens_map = {map, "special_tokens_map.json"},
                                .added_tokens = {added, "added_tokens.json"}});
}

json cases() {
  const char* other = std::getenv("SG_TOKENIZER_BESIDE");  // a larger file of the same making
  json document;
  std::ifstream(other != nullptr ? other : SG_TEST_DATA "/tokenizer/beside.json") >> document;
  return document;
}

TEST(TokenizerConfig, GivesTheIdsOfTheReference) {
  std::size_t seen = 0, differs = 0;
  for (const json& each : cases()) {
    const Result<Tokenizer> tokenizer = opened(each["tokenizer"], each["files"]);
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message() << "\n" << each["files"].dump();
    for (std::size_t i = 0; i < each["texts"].size(); ++i, ++seen) {
      const std::string text = each["texts"][i];
      const auto ids = tokenizer.value().encode(text);
      ASSERT_TRUE(ids.ok()) << ids.error().message();
      const auto expected = each["ids"][i].get<std::vector<std::int32_t>>();
      EXPECT_EQ(ids.value(), expected) << json(text).dump() << "\n"
                                       << each["files"].dump() << "\n"
                                       << each["tokenizer"]["added_tokens"].dump();
      const auto alone = Tokenizer::from_json(each["tokenizer"].dump(), "tokenizer.json");
      ASSERT_TRUE(alone.ok());
      differs += alone.value().encode(text).value() != expected;
    }
  }
  EXPECT_GE(seen, 400u);
  EXPECT_GE(differs, seen / 10);  // the files beside it matter
}

TEST(TokenizerConfig, WrongKindsAreRefusedByName) {
  const json tokenizer = cases()[0]["tokenizer"];
  const struct {
    const char *file, *content, *named;
  } wrong[] = {
      {"tokenizer_config.json", R"({"bos_token": 3})", "bos_token"},
      {"tokenizer_config.json", R"({"eos_token": {"text": "</s>"}})", "content"},
      {"tokenizer_config.json", R"({"pad_token": ["<pad>"]})", "pad_token"},
      {"tokenizer_config.json", R"({"split_special_tokens": "yes"})", "split_special_tokens"},
      {"tokenizer_config.json", R"({"added_tokens_decoder": []})", "added_tokens_decoder"},
      {"tokenizer_config.json", R"({"added_tokens_decoder": {"x": {"content": "a"}}})", "x"},
      {"tokenizer_config.json", R"({"added_tokens_decoder": {"-1": {"content": "a"}}})", "-1"},
      {"tokenizer_config.json", R"({"added_tokens_decoder": {"7": "a"}})", "7"},
      {"tokenizer_config.json", R"({"additional_special_tokens": 7})", "additional_special_tokens"},
      {"tokenizer_config.json", R"({"extra_special_tokens": [7]})", "extra_special_tokens"},
      {"tokenizer_config.json", R"(["a"])", "tokenizer_config.json"},
      {"special_tokens_map.json", R"({"bos_token": 3})", "bos_token"},
      {"added_tokens.json", R"({"<x>": "7"})", "<x>"},
      {"added_tokens.json", R"({"<x>": -7})", "<x>"},
  };
  for (const auto& each : wrong) {
    const Result<Tokenizer> read = opened(tokenizer, {{each.file, json::parse(each.content)}});
    ASSERT_FALSE(read.ok()) << each.content;
    EXPECT_NE(read.error().message().find(each.file), std::string::npos) << read.error().message();
    EXPECT_NE(read.error().message().find(each.named), std::string::npos) << read.error().message();
  }
  const std::string cut = tokenizer.dump();
  EXPECT_FALSE(Tokenizer::from_files({.tokenizer = {cut, "tokenizer.json"}, .config = {"{\"a\": ", "config"}}).ok());
}

}  // namespace
}  // namespace sg
