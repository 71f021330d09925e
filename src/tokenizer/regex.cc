#include "tokenizer/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <string>

#include "tokenizer/unicode.h"

namespace sg {
namespace {

/// Oniguruma's \w as PCRE2 properties (PCRE2's own \w lacks marks and connector punctuation).
constexpr std::string_view kWord = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";

/// Rewrites Oniguruma's Ruby syntax where PCRE2 means something else by the same text: \s (PCRE2 adds U+180E),
/// \w, \uHHHH, and character classes nested in classes.
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

Result<Regex> Regex::compile(std::string_view pattern, std::string_view where) {
  SG_TRY(const std::string translated, Translator(pattern, where).run());
  const std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)> context(
      pcre2_compile_context_create(nullptr), &pcre2_compile_context_free);
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  // Ruby's ^ and $ match at every line, as with PCRE2_MULTILINE.
  constexpr std::uint32_t kOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;
  Regex regex(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(), kOptions, &error,
                            &offset, context.get()));
  if (regex.code_ == nullptr) {
    return Error{.what = "regular expression: " + pcre2_message(error) + " at byte " + std::to_string(offset),
                 .where = std::string(where),
                 .got = std::string(pattern)};
  }
  pcre2_jit_compile(regex.code_.get(), PCRE2_JIT_COMPLETE);  // where the machine has no JIT, the interpreter runs
  return regex;
}

Regex::Matcher::Matcher(const Regex& regex) : regex_(regex), data_(pcre2_match_data_create(1, nullptr)) {
  SG_CHECK(data_ != nullptr, "pcre2_match_data_create");
}

Result<void> Regex::Matcher::find_all(std::string_view text, std::vector<ByteRange>& matches) {
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  std::size_t from = 0, last_end = ~std::size_t{0};
  while (from <= text.size()) {
    const auto match = [&](std::uint32_t more) {
      return pcre2_match(regex_.code_.get(), subject, text.size(), from, PCRE2_NO_UTF_CHECK | more, data_.get(),
                         nullptr);
    };
    int found = match(0);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT) found = match(PCRE2_NO_JIT);  // deep backtracking: slower, on the heap
    if (found == PCRE2_ERROR_NOMATCH) break;
    if (found < 0) return Error{.what = "regular expression failed on this text: " + pcre2_message(found)};
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data_.get());
    if (bounds[0] == bounds[1] && bounds[1] == last_end) {
      from += from < text.size() ? utf8_length(text[from]) : 1;
      continue;
    }
    // \K is refused, so a match never starts after its end.
    matches.push_back({static_cast<std::uint32_t>(bounds[0]), static_cast<std::uint32_t>(bounds[1])});
    from = last_end = bounds[1];
  }
  return {};
}

}  // namespace sg
