#include "report/text/wrap.h"

#include <algorithm>

#include "report/text/text_table.h"

namespace sg {

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    const std::size_t size = display_width(word);
    if (!word.empty()) {
      // A share stays on one line with its sign.
      const bool sign = word[0] == '%';
      if (used > 0 && !sign && used + 1 + size > width) {
        lines.emplace_back();
        used = 0;
      }
      if (used > 0) lines.back() += ' ';
      used += (used > 0 ? 1 : 0) + size;
      lines.back() += word;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string lines_printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += printable(text.substr(0, end));
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string on_one_line(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return out;
}

}  // namespace sg
