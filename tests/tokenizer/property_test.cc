// What must hold for every text and every vocabulary, whatever the reference says.
#include <algorithm>
#include <optional>
#include <thread>
#include <tuple>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tokenizer/bpe.h"
#include "tokenizer/byte_level.h"
#include "tokenizer/gguf_pre_types.h"
#include "tokenizer/golden_data.h"
#include "tokenizer/unicode.h"

namespace sg {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::string as_text(const Bytes& bytes) {
  return with_replacement_characters({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

RC_GTEST_PROP(Utf8, EitherWholeOrRepaired, (const Bytes& bytes)) {
  const std::string raw(bytes.begin(), bytes.end()), repaired = with_replacement_characters(raw);
  RC_ASSERT(!first_invalid_utf8(repaired).has_value());
  const auto invalid = first_invalid_utf8(raw);
  RC_ASSERT(invalid.has_value() == (repaired != raw));
  if (invalid) RC_ASSERT(!first_invalid_utf8(raw.substr(0, *invalid)).has_value());
}

TEST(Utf8, IllFormedSequencesAreFoundWhereTheyStart) {
  for (const std::string bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\x80", "\xE0\x9F\xBF",
                                "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF",
                                "\xF0\x9F\x91", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(first_invalid_utf8("a\xC3\xA9" + bad + "z"), std::optional<std::size_t>(3))
        << testing::PrintToString(bad);
  }
}

RC_GTEST_PROP(Utf8, EncodeAndDecodeAreInverse, ()) {
  const auto c = static_cast<char32_t>(
      *rc::gen::suchThat(rc::gen::inRange(0, 0x110000), [](int v) { return v < 0xD800 || v > 0xDFFF; }));
  std::string text;
  append_utf8(c, text);
  RC_ASSERT(decode_at(text, 0).value == c);
  RC_ASSERT(decode_at(text, 0).bytes == text.size());
  RC_ASSERT(utf8_length(text[0]) == text.size());
}

RC_GTEST_PROP(ByteLevel, SpellsEveryByteStringAndReadsItBack, (const Bytes& bytes)) {
  const std::string raw(bytes.begin(), bytes.end());
  std::string spelled;
  append_byte_level(raw, spelled);
  RC_ASSERT(!first_invalid_utf8(spelled).has_value());
  RC_ASSERT(spelled.find_first_of(std::string("\0 \n\t\x7f", 5)) == std::string::npos);
  RC_ASSERT(byte_level_decode(spelled) == raw);
}

/// The tokens of a byte-level tokenizer without a normalizer spell the text, byte for byte.
std::string spelled_by(const Tokenizer& tokenizer, const Ids& ids) {
  std::string text;
  for (const std::int32_t id : ids) {
    const std::string_view piece = tokenizer.token_piece(id);
    text += piece.starts_with("<|") ? std::string(piece) : byte_level_decode(piece);
  }
  return text;
}

RC_GTEST_PROP(ByteLevel, TokensSpellTheText, (const Bytes& bytes)) {
  static const std::vector<std::string> kFiles = {"family_gpt2.json", "family_llama3.json", "family_smollm2.json",
                                                  "family_bloom.json"};
  static const std::vector<Tokenizer> kTokenizers = [] {
    std::vector<Tokenizer> made;
    for (const std::string& file : kFiles) made.push_back(family_tokenizer(file));
    return made;
  }();
  const std::string text = as_text(bytes);
  for (const Tokenizer& tokenizer : kTokenizers) {
    RC_ASSERT(spelled_by(tokenizer, tokenizer.encode(text, /*add_special=*/false).value()) == text);
  }
}

RC_GTEST_PROP(Encode, TellsWhereBytesAreNotUtf8, (const Bytes& bytes)) {
  static const Tokenizer kTokenizer = family_tokenizer("family_gpt2.json");
  const std::string raw(bytes.begin(), bytes.end());
  const auto ids = kTokenizer.encode(raw);
  const auto invalid = first_invalid_utf8(raw);
  RC_ASSERT(ids.ok() == !invalid.has_value());
  if (invalid) RC_ASSERT(ids.error().got == "an ill-formed sequence at byte " + std::to_string(*invalid));
}

/// The definition, without queue or links: the best pair, the leftmost of equals, again and again.
Ids merge_by_definition(std::string_view word, const std::vector<Merges::Rule>& rules, const Vocab& vocab) {
  std::vector<std::string> parts;
  for (const char c : word) parts.emplace_back(1, c);
  while (true) {
    std::size_t best = parts.size(), best_rank = rules.size();
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      for (std::size_t rank = 0; rank < best_rank; ++rank) {
        if (rules[rank].left == parts[i] && rules[rank].right == parts[i + 1]) best = i, best_rank = rank;
      }
    }
    if (best == parts.size()) break;
    parts[best] += parts[best + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
  Ids ids;
  for (const std::string& part : parts) ids.push_back(vocab.find(part));
  return ids;
}

RC_GTEST_PROP(Bpe, MergesAsTheDefinitionSays, ()) {
  const auto letter = rc::gen::element('a', 'b', 'c');
  std::vector<std::string> tokens = {"a", "b", "c"};
  std::vector<std::pair<std::string, std::string>> pairs;
  const int count = *rc::gen::inRange(0, 12);
  for (int i = 0; i < count; ++i) {
    const std::string left = *rc::gen::elementOf(tokens), right = *rc::gen::elementOf(tokens);
    if (std::find(pairs.begin(), pairs.end(), std::pair(left, right)) != pairs.end()) continue;
    pairs.emplace_back(left, right);
    if (std::find(tokens.begin(), tokens.end(), left + right) == tokens.end()) tokens.push_back(left + right);
  }
  Vocab vocab;  // no room reserved: the table has to grow
  for (std::size_t i = 0; i < tokens.size(); ++i) vocab.add(tokens[i], static_cast<TokenId>(i));
  std::vector<Merges::Rule> rules;
  for (const auto& [left, right] : pairs) rules.push_back({left, right});
  const std::string word = *rc::gen::container<std::string>(letter);
  const Ids expected = merge_by_definition(word, rules, vocab);
  Merges merges = Merges::from_rules(rules, vocab, "test").value();
  const Bpe bpe(std::move(vocab), std::move(merges), {});
  Bpe::Scratch scratch;
  for (int again = 0; again < 2; ++again) {  // the second time from the words met before
    Ids ids;
    bpe.encode(word, scratch, ids);
    RC_ASSERT(ids == expected);
  }
  for (std::size_t window = 1; window < word.size(); window += 1 + window / 4) {
    Bpe::Scratch other;
    Ids ids;
    bpe.encode(word, other, ids, window);
    RC_ASSERT(ids == expected);
  }
}

/// Characters that are tokens, bytes of others, and others that are nothing or one unknown token after another.
RC_GTEST_PROP(Bpe, WindowsDoNotChangeAWord, ()) {
  std::vector<std::string> tokens = {"a", "b", "\xE6\xBC\xA2"};
  const BpeOptions options = {.unknown = *rc::gen::element(kNoToken, TokenId{500}),
                              .fuse_unknown = *rc::gen::arbitrary<bool>(),
                              .byte_fallback = *rc::gen::arbitrary<bool>()};
  const int bytes = *rc::gen::element(0, 200, 256);  // how many of them are tokens
  for (int i = *rc::gen::inRange(0, 20); i > 0; --i) {
    const std::string joined = *rc::gen::elementOf(tokens) + *rc::gen::elementOf(tokens);
    if (std::find(tokens.begin(), tokens.end(), joined) == tokens.end()) tokens.push_back(joined);
  }
  const auto order =
      *rc::gen::container<std::vector<std::uint32_t>>(tokens.size(), rc::gen::inRange<std::uint32_t>(0, 20));
  Vocab vocab;
  for (std::size_t i = 0; i < tokens.size(); ++i) vocab.add(tokens[i], static_cast<TokenId>(i));
  vocab.add("<unk>", 500);
  for (int i = 0; i < bytes; ++i) vocab.add(fmt::format("<0x{:02X}>", i), 600 + i);
  const Bpe bpe(std::move(vocab), Merges::from_order(order), options);
  std::string word;
  for (const std::string& part : *rc::gen::container<std::vector<std::string>>(
           rc::gen::element<std::string>("a", "b", "ab", "\xE6\xBC\xA2", "\xC3\xA9", "\xF0\x9F\x99\x82"))) {
    word += part;
  }
  Ids expected;
  Bpe::Scratch scratch;
  bpe.encode(word, scratch, expected, word.size() + 1);
  for (std::size_t window = 1; window < word.size(); window += 1 + window / 4) {
    Bpe::Scratch other;
    Ids ids;
    bpe.encode(word, other, ids, window);
    RC_ASSERT(ids == expected);
  }
}

RC_GTEST_PROP(Merges, FromScoresAreTheRankedMergesOfTheReference, ()) {
  std::vector<std::string> tokens = {"a", "b"};
  const int count = *rc::gen::inRange(1, 16);
  for (int i = 0; i < count; ++i) {
    const std::string joined = *rc::gen::elementOf(tokens) + *rc::gen::elementOf(tokens);
    if (std::find(tokens.begin(), tokens.end(), joined) == tokens.end()) tokens.push_back(joined);
  }
  const auto order =
      *rc::gen::container<std::vector<std::uint32_t>>(tokens.size(), rc::gen::inRange<std::uint32_t>(0, 20));
  Vocab vocab;
  for (std::size_t i = 0; i < tokens.size(); ++i) vocab.add(tokens[i], static_cast<TokenId>(i));
  using Key = std::tuple<std::uint32_t, std::size_t, std::size_t, std::size_t>;  // order, -left, -right, merged
  std::vector<std::pair<Key, Merges::Rule>> keyed;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view token = tokens[i];
    for (std::size_t cut = 1; cut < token.size(); ++cut) {
      const Merges::Rule rule{token.substr(0, cut), token.substr(cut)};
      if (vocab.find(rule.left) == kNoToken || vocab.find(rule.right) == kNoToken) continue;
      keyed.push_back({{order[i], 100 - cut, 100 - (token.size() - cut), i}, rule});
    }
  }
  std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Merges::Rule> rules;
  for (const auto& [key, rule] : keyed) rules.push_back(rule);
  const std::string word = *rc::gen::container<std::string>(rc::gen::element('a', 'b'));
  const Ids expected = merge_by_definition(word, rules, vocab);
  const Bpe bpe(std::move(vocab), Merges::from_order(order), {});
  Bpe::Scratch scratch;
  Ids ids;
  bpe.encode(word, scratch, ids);
  RC_ASSERT(ids == expected);
}

TEST(Bpe, ALongWordIsNotQuadratic) {
  // A word of 2 million characters: a quadratic loop would take hours and run into the test's time limit.
  const Golden golden("gguf_gemma.json");
  const Tokenizer scored = must(Tokenizer::from_gguf(GoldenGguf(golden).vocab, "gemma"));
  const Tokenizer ranked = family_tokenizer("family_llama2.json");
  std::string word;
  for (std::size_t i = 0; word.size() < 2'000'000; ++i) word += static_cast<char>('a' + (i * i + i / 7) % 26);
  for (const Tokenizer* tokenizer : {&scored, &ranked}) {
    std::size_t bytes = 0;
    const Ids ids = tokenizer->encode(word, /*add_special=*/false).value();
    for (const std::int32_t id : ids) bytes += tokenizer->token_text(id).size();
    EXPECT_NEAR(static_cast<double>(bytes), static_cast<double>(word.size()), 1);  // LLaMA-2 puts a space in front
  }
}

/// Long texts that consist of one kind of character: most patterns of a tokenizer find nothing in them, or all at once.
std::vector<std::string> texts_of_one_kind() {
  std::vector<std::string> texts;
  for (const std::string_view unit : {"a", "A", "aA", "7", " ", "\n", "\t\n ", ".", ",;-", "'", "'s", "word ", "Word",
                                      "\xE6\xBC\xA2", "e\xCC\x81", "\xF0\x9F\x99\x82", "\xE2\x80\x8D"}) {
    std::string text;
    while (text.size() < 60'000) text += unit;
    texts.push_back(text);
  }
  return texts;
}

TEST(Encode, LongTextsOfOneKindAreRead) {
  const std::vector<std::string> texts = texts_of_one_kind();
  for (const std::string& file : family_files()) {
    const Tokenizer tokenizer = family_tokenizer(file);
    for (const std::string& text : texts) {
      const auto ids = tokenizer.encode(text);
      EXPECT_TRUE(ids.ok()) << file << ", " << text.substr(0, 8) << ": " << ids.error().message();
    }
  }
  const Golden golden("gguf_gpt2.json");
  GoldenGguf gguf(golden);
  std::string known = known_gguf_pre_types() + ", ";
  for (std::size_t at = 0, end = 0; (end = known.find(", ", at)) != std::string::npos; at = end + 2) {
    const std::string name = known.substr(at, end - at);
    gguf.vocab.pre = name;
    const Tokenizer tokenizer = must(Tokenizer::from_gguf(gguf.vocab, name));
    for (const std::string& text : texts) {
      const auto ids = tokenizer.encode(text);
      EXPECT_TRUE(ids.ok()) << name << ", " << text.substr(0, 8) << ": " << ids.error().message();
    }
  }
}

TEST(Encode, ThreadsMayShareATokenizer) {
  const Tokenizer tokenizer = family_tokenizer("family_qwen2.json");
  std::vector<Ids> alone;
  for (const std::string& text : golden_texts()) alone.push_back(tokenizer.encode(text).value());
  std::vector<std::vector<Ids>> shared(4);
  std::vector<std::thread> threads;
  for (auto& mine : shared) {
    threads.emplace_back([&] {
      for (const std::string& text : golden_texts()) mine.push_back(tokenizer.encode(text).value());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& mine : shared) EXPECT_EQ(mine, alone);
}

TEST(Vocab, KeepsEverySpellingAndTheLastIdOfATwin) {
  Vocab vocab;
  for (int i = 0; i < 5000; ++i) vocab.add(std::to_string(i), i);
  vocab.add("17", 6000);
  for (int i = 0; i < 5000; ++i) EXPECT_EQ(vocab.find(std::to_string(i)), i == 17 ? 6000 : i);
  EXPECT_EQ(vocab.find("5000"), kNoToken);
  EXPECT_EQ(vocab.piece(17), "17");
  EXPECT_EQ(vocab.piece(6000), "17");
  EXPECT_FALSE(vocab.has(5500));
  EXPECT_EQ(vocab.size(), 6001);
}

}  // namespace
}  // namespace sg
