// Ids equal to those of Hugging Face's tokenizers on the hostile and random texts, for every family's shape.
#include <gtest/gtest.h>

#include "tokenizer/golden_data.h"

namespace sg {
namespace {

class FamilyGolden : public testing::TestWithParam<std::string> {};

TEST_P(FamilyGolden, IdsAreTheReferences) {
  const Golden golden(GetParam());
  const Tokenizer tokenizer = must(Tokenizer::from_json(golden.text("tokenizer"), GetParam()));
  std::size_t i = 0;
  for (const simdjson::dom::element ids : array_of(golden["ids"])) {
    expect_ids(tokenizer, golden_texts().at(i++), ids_of(ids));
  }
  EXPECT_EQ(i, golden_texts().size());
}

/// --special none: add_special_tokens=False of the reference, which leaves out so many tokens at the ends of each text.
TEST_P(FamilyGolden, IdsWithoutSpecialTokensAreTheReferences) {
  const Golden golden(GetParam()), plain("plain.json");
  const Tokenizer tokenizer = must(Tokenizer::from_json(golden.text("tokenizer"), GetParam()));
  const auto before = std::int64_t(plain["families"][GetParam()]["before"]);
  const auto after = std::int64_t(plain["families"][GetParam()]["after"]);
  std::size_t i = 0;
  for (const simdjson::dom::element element : array_of(golden["ids"])) {
    const Ids all = ids_of(element), ids(all.begin() + before, all.end() - after);
    const std::string& text = golden_texts().at(i++);
    EXPECT_EQ(tokenizer.encode(text, Special::kNone).value(), ids) << text;
    if (tokenizer.bos_token() < 0) continue;
    Ids with_bos = ids;
    with_bos.insert(with_bos.begin(), tokenizer.bos_token());
    EXPECT_EQ(tokenizer.encode(text, Special::kBos).value(), with_bos) << text;
  }
}

TEST_P(FamilyGolden, EveryTokenHasItsIdAndSpelling) {
  const Golden golden(GetParam());
  const Tokenizer tokenizer = family_tokenizer(GetParam());
  std::int64_t largest = -1;
  for (const auto& [piece, id] : object_of(golden["tokenizer"]["model"]["vocab"])) {
    EXPECT_EQ(tokenizer.token_piece(static_cast<std::int32_t>(id.get_int64().value())), piece);
    largest = std::max(largest, id.get_int64().value());
  }
  for (const simdjson::dom::element token : array_of(golden["tokenizer"]["added_tokens"])) {
    const std::int64_t id = token["id"];
    EXPECT_EQ(tokenizer.token_piece(static_cast<std::int32_t>(id)), token["content"].get_string().value());
    largest = std::max(largest, id);
  }
  EXPECT_EQ(tokenizer.size(), largest + 1);
  EXPECT_EQ(tokenizer.token_piece(tokenizer.size()), "");
  EXPECT_EQ(tokenizer.token_piece(-1), "");
}

INSTANTIATE_TEST_SUITE_P(All, FamilyGolden, testing::ValuesIn(family_files()),
                         [](const auto& test) { return test.param.substr(7, test.param.size() - 12); });

TEST(StepGolden, EveryPreTokenizerAndNormalizerAlone) {
  const Golden golden("steps.json");
  const std::vector<std::int64_t> indices = values<std::int64_t>(golden["indices"]);
  for (const simdjson::dom::element item : array_of(golden["cases"])) {
    const std::string part(item["part"].get_string().value()), step = simdjson::minify(item["json"].value());
    std::string document = golden.text("tokenizer");
    const std::string absent = '"' + part + "\":null";
    document.replace(document.find(absent), absent.size(), '"' + part + "\":" + step);
    const Tokenizer tokenizer = must(Tokenizer::from_json(document, step));
    SCOPED_TRACE(step);
    std::size_t i = 0;
    for (const simdjson::dom::element ids : array_of(item["ids"])) {
      expect_ids(tokenizer, golden_texts().at(static_cast<std::size_t>(indices.at(i++))), ids_of(ids));
    }
  }
}

class GgufGolden : public testing::TestWithParam<const char*> {};

TEST_P(GgufGolden, IdsAreTheReferences) {
  const Golden golden(GetParam());
  GoldenGguf made(golden);
  const std::vector<std::int64_t> indices = values<std::int64_t>(golden["indices"]);
  for (const simdjson::dom::element item : array_of(golden["cases"])) {
    made.vocab.pre = item["pre"].get_string();
    SCOPED_TRACE(made.vocab.pre);
    const Tokenizer tokenizer = must(Tokenizer::from_gguf(made.vocab, GetParam()));
    std::size_t i = 0;
    for (const simdjson::dom::element ids : array_of(item["ids"])) {
      expect_ids(tokenizer, golden_texts().at(static_cast<std::size_t>(indices.at(i++))), ids_of(ids));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, GgufGolden, testing::Values("gguf_gpt2.json", "gguf_llama.json", "gguf_gemma.json"),
                         [](const auto& test) {
                           return std::string(test.param).substr(5, std::string(test.param).size() - 10);
                         });

/// The part of a real model's vocabulary that its texts can touch: merges and scores as trained, ids counted anew.
class RealVocabulary : public testing::TestWithParam<const char*> {};

TEST_P(RealVocabulary, IdsAreTheReferences) {
  const Golden golden(GetParam());
  GoldenGguf made(golden);
  made.vocab.pre = golden["pre"].get_string();
  const Ids real = ids_of(golden["token_ids"]);
  const Tokenizer tokenizer = must(Tokenizer::from_gguf(made.vocab, GetParam()));
  const std::vector<std::string_view> texts = values<std::string_view>(golden["texts"]);
  std::size_t i = 0;
  for (const simdjson::dom::element expected : array_of(golden["ids"])) {
    const std::string_view text = texts.at(i++);
    Ids ids = tokenizer.encode(text).value();
    for (std::int32_t& id : ids) id = real.at(static_cast<std::size_t>(id));
    EXPECT_EQ(ids, ids_of(expected)) << testing::PrintToString(text);
  }
  EXPECT_EQ(i, texts.size());
}

INSTANTIATE_TEST_SUITE_P(All, RealVocabulary, testing::Values("real_smollm2.json", "real_gemma3.json"),
                         [](const auto& test) {
                           return std::string(test.param).substr(5, std::string(test.param).size() - 10);
                         });

TEST(Bos, IsWhatEncodePutsFirst) {
  for (const std::string& file : family_files()) {
    const Tokenizer tokenizer = family_tokenizer(file);
    const auto with = tokenizer.encode("stream").value(),
               without = tokenizer.encode("stream", /*add_special=*/false).value();
    EXPECT_EQ(with.front() == tokenizer.bos(), tokenizer.bos() >= 0) << file;
    EXPECT_EQ(with.size() > without.size(), tokenizer.bos() >= 0) << file;
  }
}

}  // namespace
}  // namespace sg
