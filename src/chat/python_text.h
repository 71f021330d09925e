// Python's ways with text: code points in place of bytes, its idea of a blank, its quotes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sg::chat {

/// The code points of UTF-8 text, each as its bytes. A byte that begins none stands alone.
std::vector<std::string_view> code_points(std::string_view text);
std::size_t length_of(std::string_view text);

/// Without blanks at its start or its end: str.strip(), lstrip(), rstrip(). With `characters`, those in place of
/// blanks.
enum class Side { kBoth, kLeft, kRight };
std::string_view stripped(std::string_view text, Side side, const std::string_view* characters = nullptr);
/// Whether Python's str.isspace() holds for this code point.
bool is_blank(std::string_view code_point);

/// repr() of a text. An error for code points that Python may or may not print as they are.
Result<void> append_text_repr(std::string_view text, std::string& out);

/// Upper, lower, Title and Capitalized. An error for text beyond ASCII, whose rules are a library's.
enum class Case { kUpper, kLower, kTitle, kCapitalize };
Result<std::string> in_case(std::string_view text, Case which);

}  // namespace sg::chat
