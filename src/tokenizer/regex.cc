#include "tokenizer/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <string>

#include "tokenizer/unicode.h"

namespace sg {
namespace {

/// Oniguruma's \w as PCRE2 properties (PCRE2's own \w lacks marks and connector punctuation).
constexpr std::string_view kWord = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";

/// \b and \B as Oniguruma has them: between its words.
std::string boundary(bool is_boundary) {
  const std::string word = "[" + std::string(kWord) + "]";
  const std::string after = is_boundary ? "(?!" : "(?=", not_after = is_boundary ? "(?=" : "(?!";
  return "(?:(?<=" + word + ")" + after + word + ")|(?<!" + word + ")" + not_after + word + "))";
}

// What the search for one match may read of the text at first, in bytes; it grows while a match needs more. Small,
// since a place without a match is charged with all of it.
constexpr std::size_t kWindow = 64;
// All searches together may read this many times the text: far more than a pattern that moves on with every match
// does, far less than one that reads to the end from every place. The free part lets short texts be.
constexpr std::size_t kReadsPerByte = 256, kFreeReads = std::size_t{1} << 24;
// Steps of backtracking that one search may take, per byte of its window.
constexpr std::uint32_t kStepsPerByte = 32, kFreeSteps = 1u << 16;

/// Rewrites Oniguruma's Ruby syntax where PCRE2 means something else by the same text: \s (PCRE2 adds U+180E),
/// \w, \b, \uHHHH, and character classes nested in classes.
class Translator {
 public:
  Translator(std::string_view pattern, std::string_view where) : pattern_(pattern), where_(where) {}

  Result<std::string> run() {
    if (pattern_.substr(0, 2) == "(*") return refuse("(*");
    while (at_ < pattern_.size()) {
      SG_TRY_VOID(pattern_[at_] == '\\' ? escape() : depth_ > 0 ? in_class() : outside());
    }
    return std::move(out_);
  }

 private:
  Error refuse(std::string_view construct) const {
    return {
        .what = "the regular expression uses \"" + std::string(construct) + "\", which cannot be matched exactly here",
        .where = std::string(where_),
        .got = std::string(pattern_)};
  }
  bool next_is(std::string_view text) const { return pattern_.substr(at_, text.size()) == text; }
  void copy(std::size_t count) {
    out_.append(pattern_.substr(at_, count));
    at_ += count;
  }
  Result<void> replace(std::size_t count, std::string_view by) {
    out_.append(by);
    at_ += count;
    return {};
  }

  Result<void> escape() {
    if (at_ + 1 >= pattern_.size()) return refuse("\\");
    const char c = pattern_[at_ + 1];
    const bool bare = depth_ == 0;
    if (c == 's') return replace(2, "\\p{White_Space}");
    if (c == 'S') return replace(2, "\\P{White_Space}");
    if (c == 'w') return replace(2, bare ? "[" + std::string(kWord) + "]" : std::string(kWord));
    if (c == 'W' && bare) return replace(2, "[^" + std::string(kWord) + "]");
    if ((c == 'b' || c == 'B') && bare) return replace(2, boundary(c == 'b'));
    if (c == 'u' && at_ + 6 <= pattern_.size()) {
      return replace(6, "\\x{" + std::string(pattern_.substr(at_ + 2, 4)) + "}");
    }
    if (std::string_view("WhHXGKRuyYO").find(c) != std::string_view::npos) return refuse(pattern_.substr(at_, 2));
    const bool braced = (c == 'p' || c == 'P' || c == 'x') && pattern_.substr(at_ + 2, 1) == "{";
    const std::size_t close = braced ? pattern_.find('}', at_) : at_ + 1;
    copy(close == std::string_view::npos ? pattern_.size() - at_ : close + 1 - at_);
    return {};
  }

  Result<void> outside() {
    if (next_is("[")) {
      ++depth_;
      copy(next_is("[^") ? 2 : 1);
      if (next_is("]")) return refuse("[]");
      return {};
    }
    if (next_is("}+")) return refuse("}+");  // possessive in PCRE2, a repeated repeat in Ruby
    if (next_is("(?")) return flags();
    copy(1);
    return {};
  }

  /// (?i:...) means the same in both; m, s and x do not.
  Result<void> flags() {
    std::size_t end = at_ + 2;
    while (end < pattern_.size() && ((pattern_[end] >= 'a' && pattern_[end] <= 'z') || pattern_[end] == '-')) ++end;
    const std::string_view letters = pattern_.substr(at_ + 2, end - at_ - 2);
    if (letters.find_first_not_of("i-") != std::string_view::npos) return refuse(pattern_.substr(at_, end - at_));
    copy(end - at_);
    return {};
  }

  Result<void> in_class() {
    if (next_is("[:") || next_is("[^")) return refuse(std::string(pattern_.substr(at_, 2)) + " inside a class");
    if (next_is("&&")) return refuse("&&");
    if (next_is("[")) {  // a nested class adds its members: the brackets go
      ++depth_;
      ++at_;
    } else if (next_is("]") && --depth_ > 0) {
      ++at_;
    } else {
      copy(1);
    }
    return {};
  }

  std::string_view pattern_, where_;
  std::string out_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

std::string pcre2_message(int code) {
  PCRE2_UCHAR buffer[256];
  pcre2_get_error_message(code, buffer, sizeof buffer);
  return reinterpret_cast<const char*>(buffer);
}

}  // namespace

void Regex::Free::operator()(pcre2_real_code_8* code) const { pcre2_code_free(code); }
void Regex::Matcher::Free::operator()(pcre2_real_match_data_8* data) const { pcre2_match_data_free(data); }
void Regex::Matcher::Free::operator()(pcre2_real_match_context_8* limits) const { pcre2_match_context_free(limits); }

Result<Regex> Regex::compile(std::string_view pattern, std::string_view where) {
  SG_TRY(const std::string translated, Translator(pattern, where).run());
  const std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)> context(
      pcre2_compile_context_create(nullptr), &pcre2_compile_context_free);
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  // Ruby's ^ and $ match at every line, as with PCRE2_MULTILINE. Anchored: find_all goes from place to place itself.
  constexpr std::uint32_t kOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C | PCRE2_ANCHORED;
  Regex regex(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(), kOptions, &error,
                            &offset, context.get()));
  if (regex.code_ == nullptr) {
    return Error{.what = "regular expression: " + pcre2_message(error) + " at byte " + std::to_string(offset),
                 .where = std::string(where),
                 .got = std::string(pattern)};
  }
  pcre2_jit_compile(regex.code_.get(),
                    PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD);  // where the machine has no JIT, the interpreter runs
  return regex;
}

Regex::Matcher::Matcher(const Regex& regex)
    : regex_(regex), data_(pcre2_match_data_create(1, nullptr)), limits_(pcre2_match_context_create(nullptr)) {
  SG_CHECK(data_ != nullptr && limits_ != nullptr, "pcre2_match_data_create");
}

int Regex::Matcher::match_here(std::string_view text, std::size_t from, bool is_whole) {
  pcre2_set_match_limit(limits_.get(), kFreeSteps + kStepsPerByte * static_cast<std::uint32_t>(text.size() - from));
  const auto match = [&](std::uint32_t more) {
    return pcre2_match(regex_.code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                       PCRE2_NO_UTF_CHECK | (is_whole ? 0 : PCRE2_PARTIAL_HARD) | more, data_.get(), limits_.get());
  };
  const int found = match(0);
  // Deep backtracking: slower, on the heap.
  return found == PCRE2_ERROR_JIT_STACKLIMIT ? match(PCRE2_NO_JIT) : found;
}

Result<std::optional<TextSpan>> Regex::Matcher::find_at(std::string_view text, std::size_t from, std::size_t& reads) {
  for (std::size_t window = kWindow;; window *= 2) {
    std::size_t end = text.size() - from > window ? from + window : text.size();
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    if (end - from > reads) {
      return Error{.kind = ErrorKind::kResource,
                   .what = "the tokenizer's regular expression reads the text over and over",
                   .expected = "a pattern that reads each part of a text a bounded number of times"};
    }
    const int found = match_here(text.substr(0, end), from, end == text.size());
    reads -= std::min(reads, found >= 0 ? pcre2_get_ovector_pointer(data_.get())[1] - from : end - from);
    if (found == PCRE2_ERROR_PARTIAL) continue;
    if (found == PCRE2_ERROR_NOMATCH) return std::optional<TextSpan>{};
    if (found < 0) {
      return Error{.kind = ErrorKind::kResource,
                   .what = "regular expression failed on this text: " + pcre2_message(found)};
    }
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data_.get());
    return std::optional(TextSpan{static_cast<std::uint32_t>(bounds[0]), static_cast<std::uint32_t>(bounds[1])});
  }
}

Result<void> Regex::Matcher::find_all(std::string_view text, std::vector<TextSpan>& matches) {
  std::size_t from = 0, last_end = ~std::size_t{0}, reads = kReadsPerByte * text.size() + kFreeReads;
  while (from <= text.size()) {
    SG_TRY(const std::optional<TextSpan> found, find_at(text, from, reads));
    if (!found || (found->begin == found->end && found->end == last_end)) {
      from += from < text.size() ? utf8_length(text[from]) : 1;
      continue;
    }
    // \K is refused, so a match never starts after its end.
    matches.push_back(*found);
    from = last_end = found->end;
  }
  return {};
}

}  // namespace sg
