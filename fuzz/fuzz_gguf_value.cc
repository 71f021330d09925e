// One value of a GGUF's metadata, arrays among them: the first four bytes are its type.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

#include "io/byte_reader.h"
#include "io/gguf_value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sg::ByteReader in({reinterpret_cast<const std::byte*>(data), size});
  std::uint32_t type = 0;
  if (!in.read(type)) return 0;
  const std::string key = "'key'";
  const auto value = sg::read_gguf_value(in, type, {"input", key});
  if (!value.ok()) {
    if (value.error().message().empty()) std::abort();
    return 0;
  }
  // Every byte that a value points to lies in the input; an array holds no more items than it has bytes.
  const auto inside = [&](std::string_view text) {
    const auto* at = reinterpret_cast<const std::uint8_t*>(text.data());
    return text.empty() || (at >= data && at + text.size() <= data + size);
  };
  if (const auto* text = std::get_if<std::string_view>(&value.value()); text != nullptr && !inside(*text)) std::abort();
  if (const auto* table = std::get_if<sg::MetaBytes>(&value.value()); table != nullptr && !inside(table->bytes))
    std::abort();
  if (const auto* list = std::get_if<std::vector<std::string_view>>(&value.value())) {
    for (const std::string_view text : *list) {
      if (!inside(text)) std::abort();
    }
  }
  if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value.value());
      list != nullptr && list->size() > size) {
    std::abort();
  }
  return 0;
}
