#include <cstdint>
#include <cstdlib>

#include "io/safetensors_index.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  const auto parsed = sg::parse_safetensors_index(file, "input");
  if (!parsed.ok()) {
    if (parsed.error().message().empty()) std::abort();
    return 0;
  }
  // A shard is a file beside the index: no name may lead elsewhere.
  for (const auto& [name, tensors] : parsed.value()) {
    if (name.empty() || name.find('/') != std::string::npos || name == ".." || tensors.empty()) std::abort();
  }
  return 0;
}
