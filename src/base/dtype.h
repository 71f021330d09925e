// DType: how numbers are stored in a checkpoint. Sizes only; the decoders are kernel/decode.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sg {

/// Element types of safetensors and block types of GGUF that streamgauge reads as weights, and the
/// integer types that may stand in a file as buffers.
// clang-format off
enum class DType : std::uint8_t {
  kF64, kF32, kF16, kBF16, kF8E4M3, kF8E5M2,
  kQ4_0, kQ4_1, kQ5_0, kQ5_1, kQ8_0,
  kQ2_K, kQ3_K, kQ4_K, kQ5_K, kQ6_K,
  kIQ4_NL, kIQ4_XS,
  kIQ1_S, kIQ1_M, kIQ2_XXS, kIQ2_XS, kIQ2_S, kIQ3_XXS, kIQ3_S, kTQ1_0, kTQ2_0, kMXFP4, kNVFP4, kQ8_K,
  kBool, kU8, kI8, kU16, kI16, kU32, kI32, kU64, kI64,
  kCount,  // number of types; not a type
};
// clang-format on

/// A row of a matrix is a whole number of blocks; a block is `block_items` numbers in `block_bytes` bytes.
struct DTypeTraits {
  std::string_view name;  // as users write it: "F32", "Q4_K"
  std::uint32_t block_items;
  std::uint32_t block_bytes;
  bool is_weight;  // has a decoder to float32
};

const DTypeTraits& traits(DType dtype);
inline std::string_view name(DType dtype) { return traits(dtype).name; }

/// Bytes of `items` numbers; absent when they are not whole blocks or the product overflows.
std::optional<std::size_t> byte_size(DType dtype, std::uint64_t items);

}  // namespace sg
