#include "tokenizer/normalize.h"

#include <algorithm>
#include <cstdlib>

#include <utf8proc.h>

#include "tokenizer/unicode.h"

namespace sg {
namespace {

utf8proc_option_t options_of(UnicodeForm form) {
  switch (form) {
    case UnicodeForm::kNfc: return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    case UnicodeForm::kNfd: return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
    case UnicodeForm::kNfkc:
      return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
    case UnicodeForm::kNfkd:
      return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
  }
  return UTF8PROC_STABLE;
}

bool is_ascii(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

/// Applies f(character, out) to every character.
template <class F>
std::string map_characters(std::string_view text, F f) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_at(text, at);
    f(c.value, out);
    at += c.bytes;
  }
  return out;
}

Result<std::string> run(UnicodeForm form, std::string text, std::size_t /*limit*/) {
  if (is_ascii(text)) return text;
  utf8proc_uint8_t* mapped = nullptr;
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &mapped, options_of(form));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(mapped, &std::free);
  if (length < 0) return Error{.what = std::string("Unicode normalization: ") + utf8proc_errmsg(length)};
  return std::string(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length));
}

Result<std::string> run(const PrependText& step, std::string text, std::size_t /*limit*/) {
  if (!text.empty()) text.insert(0, step.prefix);
  return text;
}

Result<std::string> run(const ReplaceText& step, std::string text, std::size_t limit) {
  std::vector<TextSpan> matches;
  SG_TRY_VOID(find_pattern(step.pattern, text, matches));
  if (matches.empty()) return text;
  SG_TRY_VOID(check_growth(text.size() + matches.size() * step.content.size(), limit));
  std::string out;
  out.reserve(text.size() + matches.size() * step.content.size());
  std::size_t kept = 0;
  for (const TextSpan& match : matches) {
    out.append(text, kept, match.begin - kept).append(step.content);
    kept = match.end;
  }
  return out.append(text, kept);
}

Result<std::string> run(const Lowercase& /*step*/, const std::string& text, std::size_t /*limit*/) {
  return map_characters(text, [](char32_t c, std::string& out) {
    if (c == 0x130) {  // the one character whose full lower case, i and a dot above, is longer than its simple one
      out.append("i\xCC\x87");
    } else {
      append_utf8(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))), out);
    }
  });
}

Result<std::string> run(const StripAccents& /*step*/, const std::string& text, std::size_t /*limit*/) {
  return map_characters(text, [](char32_t c, std::string& out) {
    if (!is_mark(c)) append_utf8(c, out);
  });
}

Result<std::string> run(const StripSpaces& step, const std::string& text, std::size_t /*limit*/) {
  std::size_t first_kept = text.size(), kept_end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_at(text, at);
    if (!is_whitespace(c.value)) {
      if (first_kept == text.size()) first_kept = at;
      kept_end = at + c.bytes;
    }
    at += c.bytes;
  }
  const std::size_t begin = step.left ? first_kept : 0;
  const std::size_t end = step.right ? kept_end : text.size();
  return begin < end ? text.substr(begin, end - begin) : std::string();
}

/// How many of the first bytes come from the text's first character after a step, if `start` do before it.
Result<std::size_t> start_after(const NormalizeStep& step, std::string_view text, std::size_t start) {
  if (start == 0) return start;
  const bool blank = is_whitespace(decode_at(text, 0).value);
  if (const auto* strip = std::get_if<StripSpaces>(&step)) return strip->left && blank ? 0 : start;
  if (const auto* prepend = std::get_if<PrependText>(&step)) return start + prepend->prefix.size();
  if (const auto* replace = std::get_if<ReplaceText>(&step)) {
    const auto* literal = std::get_if<std::string>(&replace->pattern);
    if (literal != nullptr) return !literal->empty() && text.starts_with(*literal) ? replace->content.size() : start;
    std::vector<TextSpan> matches;
    SG_TRY_VOID(find_pattern(replace->pattern, text, matches));
    const bool at_start = !matches.empty() && matches.front().begin == 0 && matches.front().end > 0;
    return at_start ? replace->content.size() : start;
  }
  const std::string first(text.substr(0, start));
  SG_TRY(const std::string mapped, std::visit([&](const auto& s) { return run(s, first, growth_limit(start)); }, step));
  return mapped.size();
}

}  // namespace

std::size_t growth_limit(std::size_t bytes) {
  constexpr std::size_t kGrowth = 64, kFree = std::size_t{1} << 20, kMost = std::size_t{1} << 28;
  return std::min(kGrowth * bytes + kFree, kMost);
}

Result<void> check_growth(std::size_t bytes, std::size_t limit) {
  if (bytes <= limit) return {};
  return Error{.kind = ErrorKind::kResource,
               .what = "the tokenizer's own steps make the text too long",
               .expected = "at most " + std::to_string(limit) + " bytes",
               .got = std::to_string(bytes)};
}

Result<void> find_pattern(const TextPattern& pattern, std::string_view text, std::vector<TextSpan>& matches) {
  if (const auto* regex = std::get_if<std::shared_ptr<const Regex>>(&pattern))
    return Regex::Matcher(**regex).find_all(text, matches);
  const std::string& literal = std::get<std::string>(pattern);
  if (literal.empty()) return {};
  for (std::size_t at = text.find(literal); at != std::string_view::npos;
       at = text.find(literal, at + literal.size())) {
    matches.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + literal.size())});
  }
  return {};
}

Result<Normalizer::Normal> Normalizer::apply(std::string_view text) const {
  const std::size_t limit = growth_limit(text.size());
  Normal out{.text = std::string(text), .start = text.empty() ? 0 : utf8_length(text[0])};
  for (const NormalizeStep& step : steps_) {
    SG_TRY(out.start, start_after(step, out.text, std::min(out.start, out.text.size())));
    SG_TRY(out.text, std::visit([&](const auto& s) { return run(s, std::move(out.text), limit); }, step));
    SG_TRY_VOID(check_growth(out.text.size(), limit));
  }
  return out;
}

}  // namespace sg
