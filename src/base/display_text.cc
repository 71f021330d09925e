#include "base/display_text.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>

namespace sg {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Character {
  utf8proc_int32_t code = -1;  // negative: the byte begins no valid character
  std::size_t bytes = 1;
};

Character first_character(std::string_view text) {
  utf8proc_int32_t code = -1;
  const auto n = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                  static_cast<utf8proc_ssize_t>(text.size()), &code);
  if (n < 1) return {};
  return {code, static_cast<std::size_t>(n)};
}

std::size_t width_of(Character c) {
  if (c.code < 0) return 1;
  return static_cast<std::size_t>(std::max(0, utf8proc_charwidth(c.code)));
}

std::string escaped(utf8proc_int32_t code) {
  if (code == '\n') return "\\n";
  if (code == '\t') return "\\t";
  if (code == '\r') return "\\r";
  return code <= 0xFF ? fmt::format("\\x{:02x}", code) : fmt::format("\\u{:04x}", code);
}

/// Control characters, and those that turn the direction of the line around (Unicode's Bidi_Control).
bool needs_escape(utf8proc_int32_t code) {
  const auto category = utf8proc_category(code);
  const bool direction = code == 0x061C || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
                         (code >= 0x2066 && code <= 0x2069);
  return direction || category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

/// Every character that may go to a terminal, and those of `kept`.
std::string cleaned(std::string_view text, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character c = first_character(text);
    if (c.code < 0) {
      out += kReplacement;
    } else if (needs_escape(c.code) && kept.find(text[0]) == std::string_view::npos) {
      out += escaped(c.code);
    } else {
      out += text.substr(0, c.bytes);
    }
    text.remove_prefix(c.bytes);
  }
  return out;
}

}  // namespace

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  while (!utf8.empty()) {
    const Character c = first_character(utf8);
    width += width_of(c);
    utf8.remove_prefix(c.bytes);
  }
  return width;
}

std::string printable(std::string_view text) { return cleaned(text, ""); }

std::string terminal_text(std::string_view text) { return cleaned(text, "\n\t"); }

std::string shortened(std::string_view text, std::size_t width) {
  constexpr std::string_view kDots = "...";
  std::string whole = printable(text);
  if (display_width(whole) <= width) return whole;
  std::string cut;
  std::size_t used = kDots.size();
  std::string_view rest = whole;
  while (!rest.empty()) {
    const Character c = first_character(rest);
    used += width_of(c);
    if (used > width) break;
    cut += rest.substr(0, c.bytes);
    rest.remove_prefix(c.bytes);
  }
  return cut.append(kDots);
}

}  // namespace sg
