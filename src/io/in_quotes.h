// in_quotes: text from a hostile file, made safe to print in an error message.
#pragma once

#include <string>
#include <string_view>

namespace sg {

/// 'text' with control and non-ASCII bytes as \xNN, cut after 96 bytes.
std::string in_quotes(std::string_view text);

}  // namespace sg
