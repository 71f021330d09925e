// Text as a terminal shows it: its width, and what may be sent to one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sg {

/// Columns that a terminal needs for UTF-8 text (East Asian wide characters take two, combining marks none).
std::size_t display_width(std::string_view utf8);

/// Text fit for one table cell: control and bidirectional characters as \n, \t, \x1b or \u202e, invalid bytes as
/// U+FFFD.
std::string printable(std::string_view text);
/// Text of several lines, fit for a terminal: newlines and tabs stay, everything else as printable shows it.
std::string terminal_text(std::string_view text);
/// printable, cut to `width` columns with "..." at its end when it is longer.
std::string shortened(std::string_view text, std::size_t width);

}  // namespace sg
