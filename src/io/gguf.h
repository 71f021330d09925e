// The GGUF format, versions 2 and 3 (defined by gguf.md in the documents of ggml): one file's key-values and tensor
// list. Every count, length and offset is held against the bytes that are left before anything is allocated for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/checkpoint.h"

namespace sg {

/// One file. Strings and tensor data point into the span that was parsed; tensors are sorted by name.
struct GgufContents {
  std::uint32_t version = 0;
  std::map<std::string, MetaValue, std::less<>> metadata;
  std::vector<TensorInfo> tensors;
};

/// `file` is the whole file, `where` its name in messages.
Result<GgufContents> parse_gguf(std::span<const std::byte> file, std::string_view where);

}  // namespace sg
