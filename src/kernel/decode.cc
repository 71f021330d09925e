#include "kernel/decode.h"

#include "base/check.h"
#include "kernel/decode_small.h"

namespace sg {
namespace {

template <class Stored, class ToFloat>
void decode_each(const std::byte* src, std::size_t n, float* dst, ToFloat to_float) {
  for (std::size_t i = 0; i < n; ++i) dst[i] = to_float(load_le<Stored>(src + i * sizeof(Stored)));
}

template <DType kDtype>
void decode_blocks(const std::byte* src, std::size_t n, float* dst) {
  const DTypeTraits& t = traits(kDtype);
  const Grids* lattices = &grids();
  for (std::size_t i = 0; i < n; i += t.block_items, src += t.block_bytes) {
    for (std::size_t run = 0; run < t.block_items / kRun; ++run)
      decode_run(Stored<kDtype>(), src, run, dst + i + kRun * run, lattices);
  }
}

}  // namespace

void decode_scalar(DType dtype, const std::byte* src, std::size_t n, float* dst) {
  SG_CHECK(traits(dtype).is_weight, "no decoder for a type that holds no weights");
  SG_CHECK(n % traits(dtype).block_items == 0, "decoding part of a block");
  switch (dtype) {
    case DType::kF64: return decode_each<double>(src, n, dst, [](double x) { return static_cast<float>(x); });
    case DType::kF32: return decode_each<float>(src, n, dst, [](float x) { return x; });
    case DType::kF16: return decode_each<std::uint16_t>(src, n, dst, half_to_float);
    case DType::kBF16: return decode_each<std::uint16_t>(src, n, dst, bfloat_to_float);
    case DType::kF8E4M3: return decode_each<std::uint8_t>(src, n, dst, e4m3_to_float);
    case DType::kF8E5M2: return decode_each<std::uint8_t>(src, n, dst, e5m2_to_float);
    case DType::kQ4_0: return decode_blocks<DType::kQ4_0>(src, n, dst);
    case DType::kQ4_1: return decode_blocks<DType::kQ4_1>(src, n, dst);
    case DType::kQ5_0: return decode_blocks<DType::kQ5_0>(src, n, dst);
    case DType::kQ5_1: return decode_blocks<DType::kQ5_1>(src, n, dst);
    case DType::kQ8_0: return decode_blocks<DType::kQ8_0>(src, n, dst);
    case DType::kQ2_K: return decode_blocks<DType::kQ2_K>(src, n, dst);
    case DType::kQ3_K: return decode_blocks<DType::kQ3_K>(src, n, dst);
    case DType::kQ4_K: return decode_blocks<DType::kQ4_K>(src, n, dst);
    case DType::kQ5_K: return decode_blocks<DType::kQ5_K>(src, n, dst);
    case DType::kQ6_K: return decode_blocks<DType::kQ6_K>(src, n, dst);
    case DType::kIQ4_NL: return decode_blocks<DType::kIQ4_NL>(src, n, dst);
    case DType::kIQ4_XS: return decode_blocks<DType::kIQ4_XS>(src, n, dst);
    case DType::kIQ1_S: return decode_blocks<DType::kIQ1_S>(src, n, dst);
    case DType::kIQ1_M: return decode_blocks<DType::kIQ1_M>(src, n, dst);
    case DType::kIQ2_XXS: return decode_blocks<DType::kIQ2_XXS>(src, n, dst);
    case DType::kIQ2_XS: return decode_blocks<DType::kIQ2_XS>(src, n, dst);
    case DType::kIQ2_S: return decode_blocks<DType::kIQ2_S>(src, n, dst);
    case DType::kIQ3_XXS: return decode_blocks<DType::kIQ3_XXS>(src, n, dst);
    case DType::kIQ3_S: return decode_blocks<DType::kIQ3_S>(src, n, dst);
    case DType::kTQ1_0: return decode_blocks<DType::kTQ1_0>(src, n, dst);
    case DType::kTQ2_0: return decode_blocks<DType::kTQ2_0>(src, n, dst);
    case DType::kMXFP4: return decode_blocks<DType::kMXFP4>(src, n, dst);
    case DType::kNVFP4: return decode_blocks<DType::kNVFP4>(src, n, dst);
    case DType::kQ8_K: return decode_blocks<DType::kQ8_K>(src, n, dst);
    case DType::kBool:
    case DType::kU8:
    case DType::kI8:
    case DType::kU16:
    case DType::kI16:
    case DType::kU32:
    case DType::kI32:
    case DType::kU64:
    case DType::kI64:
    case DType::kCount: break;
  }
}

}  // namespace sg
