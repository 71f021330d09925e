#include <cstdint>

#include "io/gguf.h"
#include "touch_tensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  const auto parsed = sg::parse_gguf(file, "input");
  if (parsed.ok()) sg::fuzz::touch_tensors(parsed.value().tensors, file);
  if (!parsed.ok() && parsed.error().message().empty()) std::abort();
  return 0;
}
