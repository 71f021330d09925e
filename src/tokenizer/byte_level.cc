#include "tokenizer/byte_level.h"

#include <array>
#include <cstdint>

#include "tokenizer/unicode.h"

namespace sg {
namespace {

constexpr int kNotSpelled = -1;

struct Tables {
  std::array<char32_t, 256> spelling;  // byte to character
  std::array<std::int16_t, 512> byte;  // character to byte
  std::array<std::array<char, 2>, 256> utf8;
  std::array<std::uint8_t, 256> bytes;
};

constexpr bool stands_for_itself(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr Tables make_tables() {
  Tables tables{};
  for (auto& byte : tables.byte) byte = kNotSpelled;
  char32_t next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    const auto i = static_cast<std::size_t>(byte);
    const char32_t c = stands_for_itself(byte) ? static_cast<char32_t>(byte) : next++;
    tables.spelling[i] = c;
    tables.byte[c] = static_cast<std::int16_t>(byte);
    tables.bytes[i] = c < 0x80 ? 1 : 2;
    tables.utf8[i] =
        c < 0x80 ? std::array<char, 2>{static_cast<char>(c), 0}
                 : std::array<char, 2>{static_cast<char>(0xC0 | (c >> 6)), static_cast<char>(0x80 | (c & 0x3F))};
  }
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

void append_byte_level(std::string_view bytes, std::string& out) {
  const std::size_t begin = out.size();
  out.resize(begin + 2 * bytes.size());
  char* at = out.data() + begin;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    at[0] = kTables.utf8[byte][0];
    if (kTables.bytes[byte] == 2) at[1] = kTables.utf8[byte][1];
    at += kTables.bytes[byte];
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
}

bool is_byte_level_alphabet(char32_t c) { return c < kTables.byte.size() && kTables.byte[c] != kNotSpelled; }

std::string byte_level_decode(std::string_view piece) {
  std::string bytes;
  for (std::size_t at = 0; at < piece.size();) {
    const CodePoint c = decode_at(piece, at);
    if (is_byte_level_alphabet(c.value)) {
      bytes.push_back(static_cast<char>(kTables.byte[c.value]));
    } else {
      bytes.append(piece.substr(at, c.bytes));
    }
    at += c.bytes;
  }
  return bytes;
}

}  // namespace sg
