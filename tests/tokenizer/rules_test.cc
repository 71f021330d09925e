// Random chains of normalizers, pre-tokenizers and added tokens against the ids of the package `tokenizers`
// (oracle/make_tokenizer_rules.py).
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tokenizer/regex.h"
#include "tokenizer/tokenizer.h"

namespace sg {
namespace {

using nlohmann::json;

/// Every character, then every pair of them that is not there yet.
json model_of(const std::vector<std::string>& characters) {
  json vocab = json::object(), merges = json::array();
  for (const std::string& c : characters) vocab[c] = vocab.size();
  for (const std::string& a : characters) {
    for (const std::string& b : characters) {
      if (!vocab.contains(a + b)) vocab[a + b] = vocab.size();
      merges.push_back({a, b});
    }
  }
  return {{"type", "BPE"}, {"vocab", vocab}, {"merges", merges}};
}

TEST(Rules, GiveTheIdsOfTheReference) {
  const char* other = std::getenv("SG_TOKENIZER_RULES");  // a larger file of the same making
  json document;
  std::ifstream(other != nullptr ? other : SG_TEST_DATA "/tokenizer/rules.json") >> document;
  const json model = model_of(document["characters"]);
  std::size_t seen = 0;
  for (const json& rule : document["rules"]) {
    json file = rule;
    file.erase("cases");
    const std::string rest = file.dump();
    file["model"] = model;
    const Result<Tokenizer> tokenizer = Tokenizer::from_json(file.dump(), "tokenizer.json");
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message() << "\n" << rest;
    for (const json& each : rule["cases"]) {
      const std::string text = each[0];
      const auto ids = tokenizer.value().encode(text);
      ASSERT_TRUE(ids.ok()) << ids.error().message();
      EXPECT_EQ(ids.value(), each[1].get<std::vector<std::int32_t>>()) << json(text).dump(-1, ' ', true) << "\n"
                                                                       << rest;
      ++seen;
    }
  }
  EXPECT_GE(seen, 1000u);
}

TEST(Rules, APatternThatReadsTheTextOverAndOverIsRefused) {
  const std::string text(200'000, 'a');
  for (const char* pattern : {"a+b|.", "(?=(a+))\\1b", "a*a*a*b|.", "(a+)+b|.", "(?:a|aa)+b"}) {
    const Result<Regex> regex = Regex::compile(pattern, "test");
    ASSERT_TRUE(regex.ok());
    std::vector<TextSpan> matches;
    const Result<void> found = Regex::Matcher(regex.value()).find_all(text, matches);
    ASSERT_FALSE(found.ok()) << pattern;
    EXPECT_EQ(found.error().kind, ErrorKind::kResource);
  }
}

TEST(Rules, OneThatMovesOnReadsLongTextsWhole) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += i % 7 == 0 ? "\xC3\xA9t\xC3\xA9 " : "word ";
  const std::string run(3'000'000, 'x'), blanks(1'000'000, ' ');
  const Result<Regex> regex = Regex::compile(R"( ?\p{L}+|\s+(?!\S)|\s+)", "test");
  std::vector<TextSpan> matches;
  ASSERT_TRUE(Regex::Matcher(regex.value()).find_all(text, matches).ok());
  EXPECT_EQ(matches.size(), 200'001u);
  for (const std::string& whole : {run, blanks}) {
    matches.clear();
    ASSERT_TRUE(Regex::Matcher(regex.value()).find_all(whole, matches).ok());
    ASSERT_EQ(matches.size(), 1u);
    EXPECT_EQ(matches[0].end, whole.size());
  }
}

}  // namespace
}  // namespace sg
