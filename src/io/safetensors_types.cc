#include "io/safetensors_types.h"

#include <array>

namespace sg {
namespace {

constexpr std::array<SafetensorsType, 22> kTypes = {{
    {"F64", 64, DType::kF64},
    {"F32", 32, DType::kF32},
    {"F16", 16, DType::kF16},
    {"BF16", 16, DType::kBF16},
    {"F8_E4M3", 8, DType::kF8E4M3},
    {"F8_E5M2", 8, DType::kF8E5M2},
    {"BOOL", 8, DType::kBool},
    {"U8", 8, DType::kU8},
    {"I8", 8, DType::kI8},
    {"U16", 16, DType::kU16},
    {"I16", 16, DType::kI16},
    {"U32", 32, DType::kU32},
    {"I32", 32, DType::kI32},
    {"U64", 64, DType::kU64},
    {"I64", 64, DType::kI64},
    {"F4", 4, std::nullopt},
    {"F6_E2M3", 6, std::nullopt},
    {"F6_E3M2", 6, std::nullopt},
    {"F8_E8M0", 8, DType::kU8},  // scales: a power of two, which their reader knows
    {"F8_E4M3FNUZ", 8, std::nullopt},
    {"F8_E5M2FNUZ", 8, std::nullopt},
    {"C64", 64, std::nullopt},
}};

}  // namespace

const SafetensorsType* safetensors_type(std::string_view name) {
  for (const SafetensorsType& type : kTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

std::string safetensors_supported_types() {
  std::string names = "one of";
  for (const SafetensorsType& type : kTypes) {
    if (type.dtype) names.append(" ").append(type.name);
  }
  return names;
}

}  // namespace sg
