// Prose in lines of a given width.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sg {

/// Breaks at blanks; a word longer than `width` has a line of its own. At least one line.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// Text with its line breaks, everything else as printable() shows it.
std::string lines_printable(std::string_view text);

/// A sentence's line breaks and tabs as blanks.
std::string on_one_line(std::string_view text);

}  // namespace sg
