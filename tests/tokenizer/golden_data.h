// The goldens of tests/data/tokenizer (oracle/make_tokenizer_goldens.py) as C++ values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "tokenizer/tokenizer.h"

namespace sg {

using Ids = std::vector<std::int32_t>;

/// A parsed golden file; throws simdjson's exception when a member is missing, which fails the test.
class Golden {
 public:
  explicit Golden(std::string_view name)
      : json_(simdjson::padded_string::load(std::string(SG_TEST_DATA "/tokenizer/").append(name)).value()),
        root_(parser_.parse(json_)) {}
  simdjson::dom::element operator[](std::string_view key) const { return root_[key]; }
  std::string text(std::string_view key) const { return simdjson::minify(root_[key].value()); }

 private:
  simdjson::dom::parser parser_;
  simdjson::padded_string json_;
  simdjson::dom::element root_;
};

// By value: a range-for over the result of value() would outlive it.
inline simdjson::dom::array array_of(simdjson::dom::element json) { return json.get_array(); }
inline simdjson::dom::object object_of(simdjson::dom::element json) { return json.get_object(); }

template <class T>
std::vector<T> values(simdjson::dom::element array) {
  std::vector<T> out;
  for (const simdjson::dom::element item : array_of(array)) out.push_back(T(item.get<T>()));
  return out;
}

inline Ids ids_of(simdjson::dom::element array) {
  Ids out;
  for (const std::int64_t id : values<std::int64_t>(array)) out.push_back(static_cast<std::int32_t>(id));
  return out;
}

inline const std::vector<std::string>& golden_texts() {
  static const std::vector<std::string> texts = [] {
    const Golden golden("texts.json");
    std::vector<std::string> out;
    for (const std::string_view text : values<std::string_view>(golden["texts"])) out.emplace_back(text);
    return out;
  }();
  return texts;
}

/// tests/data/tokenizer/family_*.json.
inline std::vector<std::string> family_files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(SG_TEST_DATA "/tokenizer")) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("family_")) names.push_back(name);
  }
  return names;
}

inline Tokenizer must(Result<Tokenizer> made) {
  if (!made.ok()) throw std::runtime_error(made.error().message());
  return std::move(made).value();
}

inline Tokenizer family_tokenizer(std::string_view file) {
  return must(Tokenizer::from_json(Golden(file).text("tokenizer"), file));
}

inline void expect_ids(const Tokenizer& tokenizer, const std::string& text, const Ids& expected) {
  const auto ids = tokenizer.encode(text);
  ASSERT_TRUE(ids.ok()) << ids.error().message();
  EXPECT_EQ(ids.value(), expected) << testing::PrintToString(text);
}

/// The vocabulary of a gguf_*.json golden; views into the golden.
struct GoldenGguf {
  explicit GoldenGguf(const Golden& golden)
      : tokens(values<std::string_view>(golden["tokens"])),
        merges(values<std::string_view>(golden["merges"])),
        scores(values<double>(golden["scores"])),
        types(values<std::int64_t>(golden["token_types"])) {
    vocab.model = golden["model"].get_string();
    vocab.bos = golden["bos"].get_int64();
    vocab.unknown = golden["unknown"].get_int64();
    vocab.add_bos = golden["add_bos"].get_bool();
    vocab.add_space_prefix = golden["add_space_prefix"].get_bool();
    vocab.tokens = tokens;
    vocab.merges = merges;
    vocab.scores = scores;
    vocab.token_types = types;
  }
  GoldenGguf(const GoldenGguf&) = delete;
  GoldenGguf& operator=(const GoldenGguf&) = delete;

  std::vector<std::string_view> tokens, merges;
  std::vector<double> scores;
  std::vector<std::int64_t> types;
  GgufVocab vocab;
};

}  // namespace sg
