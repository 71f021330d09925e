// The tensor types of ggml by their number in a GGUF file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/dtype.h"

namespace sg {

/// Absent: a type that streamgauge does not decode.
std::optional<DType> gguf_dtype(std::uint32_t type);
/// "IQ2_XXS (16)", for messages; a type that is not known by name is its number alone.
std::string gguf_type_text(std::uint32_t type);
/// The names of all types that gguf_dtype knows.
std::string gguf_supported_types();

}  // namespace sg
