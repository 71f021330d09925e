// UTF-8 and the character properties that tokenizers ask for. The properties come from utf8proc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sg {

/// One character of valid UTF-8 and the bytes it takes there (1 to 4).
struct CodePoint {
  char32_t value;
  std::uint32_t bytes;
};

/// Bytes of the character that starts with `lead`; `lead` must be a first byte of valid UTF-8.
inline std::uint32_t utf8_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte < 0x80) return 1;
  if (byte < 0xE0) return 2;
  return byte < 0xF0 ? 3 : 4;
}

/// The character at byte `at`. The text must be valid UTF-8 and `at` a character boundary before its end.
CodePoint decode_at(std::string_view text, std::size_t at);
void append_utf8(char32_t value, std::string& out);
/// Offset of the first byte that does not belong to a well-formed character, or nothing.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);
/// The text with every ill-formed sequence replaced by one U+FFFD (maximal subparts, as Unicode recommends).
std::string with_replacement_characters(std::string_view text);
std::size_t count_characters(std::string_view text);

bool is_whitespace(char32_t c);   // the property White_Space
bool is_numeric(char32_t c);      // general categories Nd, Nl, No
bool is_punctuation(char32_t c);  // general categories P*, and ASCII's own punctuation ($+<=>^`|~)
bool is_mark(char32_t c);         // general categories Mn, Mc, Me

}  // namespace sg
