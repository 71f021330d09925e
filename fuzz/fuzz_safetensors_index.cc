#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>

#include "io/safetensors_index.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  const auto parsed = sg::parse_safetensors_index(file, "input");
  if (!parsed.ok()) {
    if (parsed.error().message().empty()) std::abort();
    return 0;
  }
  // A shard lies beside the index or in a folder there: no name may lead elsewhere.
  for (const auto& [name, tensors] : parsed.value()) {
    const std::filesystem::path path(name);
    const bool leaves = std::find(path.begin(), path.end(), "..") != path.end();
    if (tensors.empty() || !path.has_filename() || path.is_absolute() || leaves) std::abort();
  }
  return 0;
}
