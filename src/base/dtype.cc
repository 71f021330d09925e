#include "base/dtype.h"

#include <array>
#include <limits>

#include "base/check.h"

namespace sg {
namespace {

constexpr std::array<DTypeTraits, static_cast<std::size_t>(DType::kCount)> kTraits = {{
    {"F64", 1, 8, true},        {"F32", 1, 4, true},        {"F16", 1, 2, true},      {"BF16", 1, 2, true},
    {"F8_E4M3", 1, 1, true},    {"F8_E5M2", 1, 1, true},    {"Q4_0", 32, 18, true},   {"Q4_1", 32, 20, true},
    {"Q5_0", 32, 22, true},     {"Q5_1", 32, 24, true},     {"Q8_0", 32, 34, true},   {"Q2_K", 256, 84, true},
    {"Q3_K", 256, 110, true},   {"Q4_K", 256, 144, true},   {"Q5_K", 256, 176, true}, {"Q6_K", 256, 210, true},
    {"IQ4_NL", 32, 18, true},   {"IQ4_XS", 256, 136, true}, {"IQ1_S", 256, 50, true}, {"IQ1_M", 256, 56, true},
    {"IQ2_XXS", 256, 66, true}, {"IQ2_XS", 256, 74, true},  {"IQ2_S", 256, 82, true}, {"IQ3_XXS", 256, 98, true},
    {"IQ3_S", 256, 110, true},  {"TQ1_0", 256, 54, true},   {"TQ2_0", 256, 66, true}, {"MXFP4", 32, 17, true},
    {"NVFP4", 64, 36, true},    {"Q8_K", 256, 292, true},   {"BOOL", 1, 1, false},    {"U8", 1, 1, false},
    {"I8", 1, 1, false},        {"U16", 1, 2, false},       {"I16", 1, 2, false},     {"U32", 1, 4, false},
    {"I32", 1, 4, false},       {"U64", 1, 8, false},       {"I64", 1, 8, false},
}};

}  // namespace

const DTypeTraits& traits(DType dtype) {
  SG_CHECK(dtype < DType::kCount, "not a dtype");
  return kTraits[static_cast<std::size_t>(dtype)];
}

std::optional<std::size_t> byte_size(DType dtype, std::uint64_t items) {
  const DTypeTraits& t = traits(dtype);
  if (items % t.block_items != 0) return std::nullopt;
  const std::uint64_t blocks = items / t.block_items;
  if (blocks > std::numeric_limits<std::size_t>::max() / t.block_bytes) return std::nullopt;
  return static_cast<std::size_t>(blocks * t.block_bytes);
}

}  // namespace sg
