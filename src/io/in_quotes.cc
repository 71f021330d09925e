#include "io/in_quotes.h"

#include <fmt/format.h>

namespace sg {

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 96;  // fits one line of a terminal beside the rest of a message
  std::string out = "'";
  for (const char c : text.substr(0, kLongest)) {
    if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  if (text.size() > kLongest) out += "...";
  return out + "'";
}

}  // namespace sg
