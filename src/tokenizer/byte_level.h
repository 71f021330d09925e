// GPT-2's printable spelling of bytes: printable Latin-1 bytes stand for themselves, the other 68 are written as
// U+0100 and up, in order. So every byte string is text, and a space is "Ġ".
#pragma once

#include <string>
#include <string_view>

namespace sg {

/// Appends the spelling of every byte of `bytes`.
void append_byte_level(std::string_view bytes, std::string& out);
/// The bytes that `piece` spells; characters outside the alphabet are kept as their own UTF-8.
std::string byte_level_decode(std::string_view piece);
bool is_byte_level_alphabet(char32_t c);

}  // namespace sg
