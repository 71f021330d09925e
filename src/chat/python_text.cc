#include "chat/python_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace sg::chat {
namespace {

// What str.isspace() holds for, Unicode 15.
constexpr std::string_view kBlanks[] = {"\t",     "\n",     "\v",     "\f",     "\r",     "\x1c",   "\x1d",   "\x1e",
                                        "\x1f",   " ",      "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002",
                                        "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
                                        "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};

std::size_t size_of(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte < 0xc0) return 1;
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
char upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

std::vector<std::string_view> code_points(std::string_view text) {
  std::vector<std::string_view> all;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = std::min(size_of(text[at]), text.size() - at);
    all.push_back(text.substr(at, size));
    at += size;
  }
  return all;
}

std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_blank(std::string_view code_point) { return std::ranges::find(kBlanks, code_point) != std::end(kBlanks); }

std::string_view stripped(std::string_view text, Side side, const std::string_view* characters) {
  std::vector<std::string_view> set;
  if (characters != nullptr) set = code_points(*characters);
  const auto goes = [&](std::string_view one) {
    return characters == nullptr ? is_blank(one) : std::ranges::find(set, one) != set.end();
  };
  while (side != Side::kRight && !text.empty()) {
    const std::size_t size = std::min(size_of(text.front()), text.size());
    if (!goes(text.substr(0, size))) break;
    text.remove_prefix(size);
  }
  while (side != Side::kLeft && !text.empty()) {
    std::size_t size = 1;
    while (size < text.size() && size < 4 && (static_cast<unsigned char>(text[text.size() - size]) & 0xc0) == 0x80)
      ++size;
    if (!goes(text.substr(text.size() - size))) break;
    text.remove_suffix(size);
  }
  return text;
}

Result<void> append_text_repr(std::string_view text, std::string& out) {
  const bool in_double = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char quote = in_double ? '"' : '\'';
  out += quote;
  for (const char c : text) {
    if (c == quote || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      return Error{.what = "the chat template writes a list or mapping with text beyond ASCII as Python spells it",
                   .hint = "The filter tojson writes it as JSON"};
    } else {
      out += c;
    }
  }
  out += quote;
  return {};
}

Result<std::string> in_case(std::string_view text, Case which) {
  if (!is_ascii(text)) {
    return Error{.what = "the chat template changes the case of text beyond ASCII, which is not supported"};
  }
  std::string out(text);
  bool inside = false;  // of a word, for titles
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bool first = which == Case::kTitle ? !inside : i == 0;
    const bool up = which == Case::kUpper || (which != Case::kLower && first);
    inside = is_upper(out[i]) || is_lower(out[i]);
    out[i] = up ? upper(out[i]) : lower(out[i]);
  }
  return out;
}

}  // namespace sg::chat
