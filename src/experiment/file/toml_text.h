// A TOML text as toml++ reads it, refused before that when its nesting would cost the stack.
#pragma once

#include <toml++/toml.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sg {

/// Keys and brackets that may stand around a value. toml++ makes a table of every part of a dotted key and takes them
/// down one inside the other; an experiment needs five.
inline constexpr std::size_t kDeepestToml = 64;

/// The first line where more than kDeepestToml keys (of the heading and of the line's own dotted key) and brackets
/// stand around a value. Texts and comments do not count; a number's point counts as a key's.
std::optional<std::size_t> too_deep_line(std::string_view toml);

/// Errors name `file` and the line: not TOML, nested too deep.
Result<toml::table> read_toml(const std::string& text, const std::string& file);

}  // namespace sg
