// Refusals, each naming what is wrong and where; and what a person reads for a token.
#include "tokenizer/tokenizer.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tokenizer/golden_data.h"
#include "tokenizer/regex.h"

namespace sg {
namespace {

/// A whole tokenizer.json from its parts.
struct Document {
  std::string model = R"("type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"])";
  std::string rest;
  std::string text() const { return "{\"model\":{" + model + "}" + rest + "}"; }
};

std::string error_of(const Document& document) {
  const auto made = Tokenizer::from_json(document.text(), "dir/tokenizer.json");
  return made.ok() ? "" : made.error().message();
}

struct Refusal {
  Document document;
  std::vector<std::string> says;
};

class Json : public testing::TestWithParam<Refusal> {};

TEST_P(Json, RefusalNamesTheCause) {
  const std::string message = error_of(GetParam().document);
  ASSERT_NE(message, "") << GetParam().document.text();
  EXPECT_TRUE(message.starts_with("dir/tokenizer.json")) << message;
  for (const std::string& part : GetParam().says) EXPECT_NE(message.find(part), std::string::npos) << message;
}

Document with_model(const std::string& model) { return {.model = model}; }
Document with(const std::string& part, const std::string& json) { return {.rest = ",\"" + part + "\":" + json}; }
Document replacing(const std::string& pattern) {
  return with("normalizer", R"({"type":"Replace","pattern":{"Regex":")" + pattern + R"("},"content":""})");
}

INSTANTIATE_TEST_SUITE_P(
    Each, Json,
    testing::Values(
        Refusal{with_model(R"("type":"Unigram","vocab":[])"), {"model", "\"Unigram\"", "BPE"}},
        Refusal{with_model(R"("type":"WordPiece","vocab":{})"), {"\"WordPiece\""}},
        Refusal{with_model(R"("type":"BPE","merges":[])"), {"\"vocab\"", "an object", "nothing"}},
        Refusal{with_model(R"("type":"BPE","vocab":{"a":0})"), {"\"merges\"", "an array"}},
        Refusal{with_model(R"("type":"BPE","vocab":{"a":-1},"merges":[])"), {"\"a\"", "token id", "-1"}},
        Refusal{with_model(R"("type":"BPE","vocab":{"a":99999999},"merges":[])"), {"\"a\"", "99999999"}},
        Refusal{with_model(R"("type":"BPE","vocab":{"a":1.5},"merges":[])"), {"1.5"}},
        Refusal{with_model(R"("type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"])"), {"merge 0", "no token \"ab\""}},
        Refusal{with_model(R"("type":"BPE","vocab":{"a":0,"b":1},"merges":["c b"])"), {"merge 0", "no token \"c\""}},
        Refusal{with_model(R"("type":"BPE","vocab":{"a":0},"merges":["a"])"), {"merge 0", "left"}},
        Refusal{with_model(R"("type":"BPE","vocab":{"a":0},"merges":["a a a"])"), {"merge 0"}},
        Refusal{with_model(R"("type":"BPE","vocab":{"a":0},"merges":[["a"]])"), {"merge 0"}},
        Refusal{with_model(R"("type":"BPE","vocab":{"a":0},"merges":[7])"), {"merge 0", "7"}},
        Refusal{with_model(R"("vocab":{"a":0},"merges":[],"end_of_word_suffix":"</w>")"),
                {"end_of_word_suffix", "</w>"}},
        Refusal{with_model(R"("vocab":{"a":0},"merges":[],"continuing_subword_prefix":"##")"),
                {"continuing_subword_prefix"}},
        Refusal{with_model(R"("vocab":{"a":0},"merges":[],"dropout":0.1)"), {"dropout", "0.1"}},
        Refusal{with_model(R"("vocab":{"a":0},"merges":[],"byte_fallback":1)"), {"byte_fallback", "true or false"}},
        Refusal{with("normalizer", R"({"type":"Precompiled"})"), {"normalizer", "\"Precompiled\"", "NFC"}},
        Refusal{with("normalizer", R"({"type":"Sequence","normalizers":[{"type":"Nmt"}]})"),
                {"normalizers[0]", "\"Nmt\""}},
        Refusal{with("pre_tokenizer", R"({"type":"UnicodeScripts"})"),
                {"pre_tokenizer", "\"UnicodeScripts\"", "ByteLevel"}},
        Refusal{with("pre_tokenizer", R"({"type":"Split","pattern":{"Regex":"a"},"behavior":"Odd"})"),
                {"behavior", "\"Odd\""}},
        Refusal{with("pre_tokenizer", R"({"type":"Metaspace","replacement":"ab"})"), {"replacement", "one character"}},
        Refusal{with("pre_tokenizer", R"({"type":"Metaspace","replacement":"_","prepend_scheme":"x"})"),
                {"prepend_scheme"}},
        Refusal{with("post_processor", R"({"type":"Odd"})"), {"post_processor", "\"Odd\"", "TemplateProcessing"}},
        Refusal{with("post_processor", R"({"type":"TemplateProcessing","single":[],"special_tokens":{}})"),
                {"exactly once"}},
        Refusal{with("post_processor",
                     R"({"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}],"special_tokens":{}})"),
                {"special_tokens", "\"x\""}},
        Refusal{with("added_tokens", R"([{"content":"x","id":-3}])"), {"added_tokens[0]", "-3"}},
        Refusal{with("added_tokens", R"([{"id":3}])"), {"added_tokens[0]", "content"}},
        Refusal{replacing("["), {"normalizer", "byte"}}, Refusal{replacing("[a&&b]"), {"&&"}},
        Refusal{replacing("a{1,2}+"), {"}+"}}, Refusal{replacing("(?m:a)"), {"(?m"}},
        Refusal{replacing("[a[^b]]"), {"inside a class"}}, Refusal{replacing("(*ANYCRLF)a"), {"(*"}},
        Refusal{replacing(R"(\\h)"), {"\\h"}}, Refusal{replacing(R"(a\\Kb)"), {"\\K"}}));

TEST(Json, TruncatedAnywhereIsAnError) {
  const std::string whole = Golden("family_llama3.json").text("tokenizer");
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 50) {
    EXPECT_FALSE(Tokenizer::from_json(std::string_view(whole).substr(0, size), "cut").ok()) << size;
  }
  EXPECT_TRUE(Tokenizer::from_json(whole, "whole").ok());
}

TEST(Regex, ReadsRubySyntax) {
  const auto matches = [](std::string_view pattern, std::string_view text) {
    const Regex regex = Regex::compile(pattern, "test").value();
    std::vector<TextSpan> found;
    EXPECT_TRUE(Regex::Matcher(regex).find_all(text, found).ok());
    std::vector<std::string> parts;
    for (const TextSpan& match : found) parts.emplace_back(text.substr(match.begin, match.end - match.begin));
    return parts;
  };
  using Parts = std::vector<std::string>;
  EXPECT_EQ(matches("[^(a|[bc])]+", "xa|yb)z"), (Parts{"x", "y", "z"}));  // a nested class adds its members
  EXPECT_EQ(matches(R"(\s+)", "a \u00a0\u3000b\u180ec"), (Parts{" \u00a0\u3000"}));
  EXPECT_EQ(matches(R"(\w+)", "e\u0301_x\u203fy z"), (Parts{"e\u0301_x\u203fy", "z"}));
  EXPECT_EQ(matches(R"([\w']+)", "it's \u0645"), (Parts{"it's", "\u0645"}));
  EXPECT_EQ(matches(R"(\u0061|\x{62})", "abc"), (Parts{"a", "b"}));
  EXPECT_EQ(matches("^.", "ab\ncd"), (Parts{"a", "c"}));
  EXPECT_EQ(matches("x*", "axb"), (Parts{"", "x", ""}));  // no empty match right behind the match of x
}

TEST(Regex, ExceedingTheLimitIsAnErrorAndNotAHang) {
  const Regex regex = Regex::compile("(a|aa)+$", "test").value();
  std::vector<TextSpan> found;
  EXPECT_FALSE(Regex::Matcher(regex).find_all(std::string(60, 'a') + "b", found).ok());
}

TEST(Json, StepsThatMultiplyTheTextAreRefused) {
  std::string steps;
  for (int i = 0; i < 8; ++i) {
    steps += std::string(i == 0 ? "" : ",") + R"({"type":"Replace","pattern":{"String":"a"},"content":")" +
             std::string(16, 'a') + "\"}";
  }
  const Document document = with("normalizer", R"({"type":"Sequence","normalizers":[)" + steps + "]}");
  const auto ids = must(Tokenizer::from_json(document.text(), "x")).encode("a");
  ASSERT_FALSE(ids.ok());
  EXPECT_NE(ids.error().message().find("too long"), std::string::npos) << ids.error().message();
}

TEST(Json, BlanksThatStripBlanksTakeLinearTime) {
  for (const char* side : {"lstrip", "rstrip"}) {
    const Document document =
        with("added_tokens", R"([{"content":" ","id":3,"special":true,")" + std::string(side) + "\":true}]");
    const auto ids = must(Tokenizer::from_json(document.text(), "x")).encode(std::string(1'000'000, ' '));
    EXPECT_EQ(ids.value().size(), 1'000'000u);
  }
}

TEST(Json, ZeroWidthJoinersAreWordCharactersOfWhitespace) {
  const Document document{.model = R"("type":"BPE","vocab":{"a":0,"\u200d":1,"a\u200d":2},"merges":["a \u200d"])",
                          .rest = R"(,"pre_tokenizer":{"type":"Whitespace"})"};
  EXPECT_EQ(must(Tokenizer::from_json(document.text(), "x")).encode("a\u200da").value(), (Ids{2, 0}));
}

GgufVocab tiny(const std::vector<std::string_view>& tokens) {
  static constexpr std::string_view kMerges[] = {"a b"};
  return {.model = "gpt2", .pre = "gpt-2", .tokens = tokens, .merges = kMerges};
}

std::string error_of(const GgufVocab& vocab) {
  const auto made = Tokenizer::from_gguf(vocab, "x.gguf");
  return made.ok() ? "" : made.error().message();
}

TEST(Gguf, RefusalNamesTheCause) {
  const std::vector<std::string_view> tokens = {"a", "b", "ab"}, bad = {"a", "\xff"}, no_space = {"ab"},
                                      unknown = {"a c"};
  const std::vector<double> short_scores = {1.0}, nan_scores = {0.0, std::nan(""), 0.0};
  const std::vector<std::int64_t> short_types = {1}, types = {1, 1, 1};
  const auto refuses = [&](const std::string& part, auto change) {
    GgufVocab vocab = tiny(tokens);
    change(vocab);
    const std::string message = error_of(vocab);
    EXPECT_NE(message.find(part), std::string::npos) << part << " in: " << message;
    EXPECT_TRUE(message.starts_with("x.gguf")) << message;
  };
  EXPECT_EQ(error_of(tiny(tokens)), "");
  refuses("\"bert\"", [](GgufVocab& v) { v.model = "bert"; });
  refuses("got odd", [](GgufVocab& v) { v.pre = "odd"; });
  refuses("smollm", [](GgufVocab& v) { v.pre = "odd"; });
  refuses("1 to", [](GgufVocab& v) { v.tokens = {}; });
  refuses("token 1", [&](GgufVocab& v) { v.tokens = bad; });
  refuses("no tokenizer.ggml.merges", [](GgufVocab& v) { v.merges = {}; });
  refuses("no tokenizer.ggml.scores", [](GgufVocab& v) { v.model = "llama"; });
  refuses("no tokenizer.ggml.token_type", [&](GgufVocab& v) { v.model = "llama", v.scores = nan_scores; });
  refuses("two tokens", [&](GgufVocab& v) { v.merges = no_space; });
  refuses("no token \"c\"", [&](GgufVocab& v) { v.merges = unknown; });
  refuses("token_type", [&](GgufVocab& v) { v.token_types = short_types; });
  refuses("bos_token_id", [](GgufVocab& v) { v.add_bos = true; });
  refuses("got 3", [](GgufVocab& v) { v.add_eos = true, v.eos = 3; });
  refuses("3 entries", [&](GgufVocab& v) { v.model = "llama", v.scores = short_scores, v.token_types = types; });
  refuses("NaN", [&](GgufVocab& v) { v.model = "llama", v.scores = nan_scores, v.token_types = types; });
}

TEST(Gguf, PutsBosAndEosAround) {
  const std::vector<std::string_view> tokens = {"a", "b", "ab"};
  GgufVocab vocab = tiny(tokens);
  vocab.bos = 1, vocab.eos = 0, vocab.add_bos = vocab.add_eos = true;
  const Tokenizer tokenizer = must(Tokenizer::from_gguf(vocab, "x.gguf"));
  EXPECT_EQ(tokenizer.encode("ab").value(), (Ids{1, 2, 0}));
  EXPECT_EQ(tokenizer.encode("ab", /*add_special=*/false).value(), (Ids{2}));
  EXPECT_EQ(tokenizer.bos(), 1);
}

std::vector<std::string> shown(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<std::string> tokens;
  const Ids ids = tokenizer.encode(text, /*add_special=*/false).value();
  for (const std::int32_t id : ids) tokens.push_back(tokenizer.token_text(id));
  return tokens;
}

TEST(TokenText, IsWhatAPersonReads) {
  using Texts = std::vector<std::string>;
  const Tokenizer bytes = family_tokenizer("family_gpt2.json"), pieces = family_tokenizer("family_gemma.json");
  EXPECT_EQ(shown(bytes, " \U0001F9FF"), (Texts{" ", "\ufffd", "\ufffd", "\ufffd", "\ufffd"}));
  EXPECT_EQ(shown(bytes, "<|endoftext|>"), (Texts{"<|endoftext|>"}));
  EXPECT_EQ(shown(pieces, "\x01 \r"), (Texts{"\x01", " ", "\r"}));
  EXPECT_EQ(pieces.token_text(pieces.size()), "");
  std::string whole;
  for (const std::string& token : shown(pieces, "the norm of the stream")) whole += token;
  EXPECT_EQ(whole, "the norm of the stream");
}

}  // namespace
}  // namespace sg
