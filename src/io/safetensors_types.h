// The dtypes of the safetensors format by name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/dtype.h"

namespace sg {

struct SafetensorsType {
  std::string_view name;
  unsigned bits;
  std::optional<DType> dtype;  // absent: streamgauge has no decoder and no use for it
};

/// Null: not a dtype of the format.
const SafetensorsType* safetensors_type(std::string_view name);
/// The names of all types that have a dtype.
std::string safetensors_supported_types();

}  // namespace sg
