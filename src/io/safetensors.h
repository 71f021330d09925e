// The safetensors format: one file's header. Strict: every rule of the format text is checked, and each error
// starts with the name that the reference implementation (huggingface/safetensors) gives it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/checkpoint.h"

namespace sg {

/// Header of one file. Tensors are sorted by name; their data points into the span that was parsed.
struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;
  std::vector<std::pair<std::string, std::string>> metadata;  // __metadata__, sorted by key
  std::vector<std::string> warnings;
};

/// Longest header that is read: the limit of the reference implementation.
inline constexpr std::size_t kSafetensorsMaxHeader = 100'000'000;

/// `file` is the whole file, `where` its name in messages.
Result<SafetensorsHeader> parse_safetensors_header(std::span<const std::byte> file, std::string_view where);

}  // namespace sg
