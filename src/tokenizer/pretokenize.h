// Splits normalized text into the words that are encoded one by one.
// Reference: the `pre_tokenizers` of Hugging Face's `tokenizers`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "tokenizer/normalize.h"

namespace sg {

/// Words of a text: ranges of `text`, in order, none empty. A word begins with `start` bytes that come
/// from the first character of the whole input of encode; mostly 0.
struct Words {
  struct Word {
    std::uint32_t begin, end;
    std::uint32_t start;
  };
  std::string text;
  std::vector<Word> words;

  std::string_view view(const Word& word) const {
    return std::string_view(text).substr(word.begin, word.end - word.begin);
  }
};

/// What becomes of the text that a splitting pattern matches.
enum class SplitBehavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

using CharacterTest = bool (*)(char32_t);

struct SplitStep {
  std::variant<TextPattern, CharacterTest> pattern;
  SplitBehavior behavior = SplitBehavior::kIsolated;
  bool invert = false;  // what the pattern does not match is the delimiter
};
/// Writes the bytes of every word in GPT-2's printable alphabet (byte_level.h).
struct ByteLevelStep {};
enum class PrependScheme { kFirst, kAlways, kNever };
/// SentencePiece's way with spaces: each is written as `replacement`, one is put in front by the scheme unless
/// there is one.
struct MetaspaceStep {
  std::string replacement;
  PrependScheme scheme = PrependScheme::kAlways;
};
/// A space in front of every word that has none: GPT-2's add_prefix_space.
struct PrefixSpaceStep {};
using PreTokenizeStep = std::variant<SplitStep, ByteLevelStep, MetaspaceStep, PrefixSpaceStep>;

/// The pattern of GPT-2 that ByteLevel applies when use_regex is set.
extern const std::string_view kGpt2Pattern;

Result<void> pre_tokenize(const std::vector<PreTokenizeStep>& steps, Words& words);

}  // namespace sg
