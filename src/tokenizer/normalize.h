// What a tokenizer does to text before it splits it: Unicode normal forms, replacements, prefixes.
// Reference: the `normalizers` of Hugging Face's `tokenizers`.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "tokenizer/regex.h"

namespace sg {

/// utf8proc's tables; the reference's are of Unicode 13, so the two can differ on newer characters alone.
enum class UnicodeForm { kNfc, kNfd, kNfkc, kNfkd };

/// What a step looks for: a fixed text, or a regular expression.
using TextPattern = std::variant<std::string, std::shared_ptr<const Regex>>;
/// How long the steps of a tokenizer may make a text of `bytes` bytes, and the error where they make it longer.
std::size_t growth_limit(std::size_t bytes);
Result<void> check_growth(std::size_t bytes, std::size_t limit);
/// Matches of the pattern in valid UTF-8, left to right, not overlapping. An empty fixed text matches nowhere.
Result<void> find_pattern(const TextPattern& pattern, std::string_view text, std::vector<TextSpan>& matches);

struct PrependText {
  std::string prefix;  // nothing is prepended to empty text
};
struct ReplaceText {
  TextPattern pattern;
  std::string content;
};
struct Lowercase {};
struct StripAccents {};  // removes every mark (general category M)
struct StripSpaces {
  bool left, right;
};
using NormalizeStep = std::variant<UnicodeForm, PrependText, ReplaceText, Lowercase, StripAccents, StripSpaces>;

/// The steps in order. Immutable after construction.
class Normalizer {
 public:
  Normalizer() = default;
  explicit Normalizer(std::vector<NormalizeStep> steps) : steps_(std::move(steps)) {}
  struct Normal {
    std::string text;
    std::size_t start = 0;  // its first bytes that come from the first character of the text before
  };
  Result<Normal> apply(std::string_view text) const;

 private:
  std::vector<NormalizeStep> steps_;
};

}  // namespace sg
