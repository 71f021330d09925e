// tokenizer.json from anyone: the bytes before the first NUL are the file, those after it the text to encode.
// Whatever they are, the answer is a tokenizer or an Error; ids have a spelling and nothing throws.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\0');
  const auto tokenizer = sg::Tokenizer::from_json(input.substr(0, end), "fuzz");
  if (!tokenizer.ok()) return tokenizer.error().message().empty() ? (std::abort(), 0) : 0;
  const std::string_view own = end == std::string_view::npos ? std::string_view() : input.substr(end + 1);
  for (const std::string_view text : {own, std::string_view("Hello,  w\xC3\xB6rld 123\r\n<s>\xF0\x9F\x91\x8D ab")}) {
    const auto ids = tokenizer.value().encode(text);
    if (!ids.ok()) continue;
    for (const std::int32_t id : ids.value()) {
      if (id < 0) std::abort();
      (void)tokenizer.value().token_text(id);
    }
  }
  return 0;
}
