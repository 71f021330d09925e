// A tokenizer and the files beside it from anyone: four files with a NUL between them: tokenizer.json,
// tokenizer_config.json, special_tokens_map.json, added_tokens.json. Whatever they are, the answer is a tokenizer or an
// Error, and every id that it gives is one of its own.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::array<std::string_view, 4> parts;
  for (std::string_view& part : parts) {
    part = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(part.size() == rest.size() ? rest.size() : part.size() + 1);
  }
  const auto tokenizer = sg::Tokenizer::from_files({.tokenizer = {parts[0], "tokenizer.json"},
                                                    .config = {parts[1], "tokenizer_config.json"},
                                                    .special_tokens_map = {parts[2], "special_tokens_map.json"},
                                                    .added_tokens = {parts[3], "added_tokens.json"}});
  if (!tokenizer.ok()) return tokenizer.error().message().empty() ? (std::abort(), 0) : 0;
  const auto ids = tokenizer.value().encode("<s> <x>ab <pad></s>\n  b<y>");
  if (!ids.ok()) return 0;
  for (const std::int32_t id : ids.value()) {
    if (id < 0 || id >= tokenizer.value().size()) std::abort();
    (void)tokenizer.value().token_text(id);
  }
  return 0;
}
