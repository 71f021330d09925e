// Rows of stored numbers as float32, one row after another: every block type vectorised along the row. Each number
// takes the operations of decode.h in their order, so it has the same bits.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_ROWS_INL_H_
#undef SG_KERNEL_ROWS_INL_H_
#else
#define SG_KERNEL_ROWS_INL_H_
#endif

#include <algorithm>
#include <type_traits>

#include "kernel/decode.h"
#include "kernel/panel-inl.h"
#include "kernel/stored_rows.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

using ByteTag = hn::FixedTag<std::uint8_t, 16>;
using ByteVec = hn::Vec<ByteTag>;

SG_INLINE ByteVec load_bytes(const std::byte* src) {
  return hn::LoadU(ByteTag(), reinterpret_cast<const std::uint8_t*>(src));
}
SG_INLINE ByteVec low_half_bytes(ByteVec q) { return hn::And(q, hn::Set(ByteTag(), 15)); }
SG_INLINE ByteVec high_half_bytes(ByteVec q) {
  const hn::Repartition<std::uint16_t, ByteTag> d16;
  return low_half_bytes(hn::BitCast(ByteTag(), hn::ShiftRight<4>(hn::BitCast(d16, q))));
}
/// Every byte moved by kBits inside its 16-bit pair; the caller masks what came over from the neighbour.
template <int kBits>
SG_INLINE ByteVec bytes_right(ByteVec q) {
  const hn::Repartition<std::uint16_t, ByteTag> d16;
  return hn::BitCast(ByteTag(), hn::ShiftRight<kBits>(hn::BitCast(d16, q)));
}
template <int kBits>
SG_INLINE ByteVec bytes_left(ByteVec q) {
  const hn::Repartition<std::uint16_t, ByteTag> d16;
  return hn::BitCast(ByteTag(), hn::ShiftLeft<kBits>(hn::BitCast(d16, q)));
}

/// The 16 bytes of q, read as T, as numbers: vector `part` of them.
template <class T>
SG_INLINE FloatVec numbers_of(const T* bytes, ByteVec q, std::size_t part) {
  const hn::RebindToSigned<FloatTag> di;
  const hn::Rebind<T, FloatTag> narrow;
  if constexpr (kFloats == 16) {
    return hn::ConvertTo(FloatTag(), hn::PromoteTo(di, hn::BitCast(narrow, q)));
  } else {
    return hn::ConvertTo(FloatTag(), hn::PromoteTo(di, hn::LoadU(narrow, bytes + part)));
  }
}

/// value(q) of the 16 bytes of q, as numbers of type T, to dst.
template <class T, class Value>
SG_INLINE void along_row(ByteVec q, float* dst, const Value& value) {
  HWY_ALIGN T bytes[16];
  if constexpr (kFloats < 16) hn::StoreU(q, ByteTag(), reinterpret_cast<std::uint8_t*>(bytes));
  SG_UNROLL for (std::size_t i = 0; i < 16; i += kFloats) {
    hn::StoreU(value(numbers_of<T>(bytes, q, i)), FloatTag(), dst + i);
  }
}

/// low(q) of the lower halves of 16 bytes to dst, high(q) of the upper ones to high_dst. Where a vector holds all 16
/// values that a half can have, they are computed once and looked up.
template <class T, class Low, class High, class Level>
SG_INLINE void halves_along_row(ByteVec q, float* dst, float* high_dst, const Low& low, const High& high,
                                const Level& level) {
  if constexpr (kFloats == 16) {
    const FloatTag d;
    const hn::RebindToSigned<FloatTag> di;
    HWY_ALIGN static constexpr std::uint8_t kHalf[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const FloatVec levels = numbers_of<T>(nullptr, level(hn::Load(ByteTag(), kHalf)), 0);
    const hn::Rebind<std::make_unsigned_t<T>, FloatTag> narrow;
    const auto both = hn::PromoteTo(di, hn::BitCast(narrow, q));
    const auto low_index = hn::IndicesFromVec(d, hn::And(both, hn::Set(di, 15)));
    hn::StoreU(hn::TableLookupLanes(low(levels), low_index), d, dst);
    hn::StoreU(hn::TableLookupLanes(high(levels), hn::IndicesFromVec(d, hn::ShiftRight<4>(both))), d, high_dst);
  } else {
    along_row<T>(level(low_half_bytes(q)), dst, low);
    along_row<T>(level(high_half_bytes(q)), high_dst, high);
  }
}
template <class Low, class High>
SG_INLINE void halves_along_row(ByteVec q, float* dst, float* high_dst, const Low& low, const High& high) {
  halves_along_row<std::uint8_t>(q, dst, high_dst, low, high, [](ByteVec half) HWY_ATTR { return half; });
}

/// The processor converts binary16 without a branch on subnormal numbers.
inline constexpr bool kConvertsHalves = HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3;

/// As many binary16 from src as D has lanes, as float32. Only where kConvertsHalves: else NaN may differ.
template <class D>
SG_INLINE hn::Vec<D> widened_halves(const std::uint16_t* src) {
  const hn::Rebind<std::uint16_t, D> bits;
  return hn::PromoteTo(D(), hn::BitCast(hn::Rebind<hwy::float16_t, D>(), hn::LoadU(bits, src)));
}

/// Every lane the binary16 at src.
SG_INLINE FloatVec stored_half(const std::byte* src) {
  const FloatTag d;
  if constexpr (kConvertsHalves) {
    const hn::Rebind<hwy::float16_t, FloatTag> half;
    const hn::Rebind<std::uint16_t, FloatTag> bits;
    return hn::PromoteTo(d, hn::BitCast(half, hn::Set(bits, load_le<std::uint16_t>(src))));
  } else {
    return hn::Set(d, load_half(src));
  }
}

inline void halves_to_row(const std::byte* src, std::size_t n, float* dst) {
  const auto* halves = reinterpret_cast<const std::uint16_t*>(src);
  std::size_t i = 0;
  for (; i + kFloats <= n; i += kFloats) hn::StoreU(widened_halves<FloatTag>(halves + i), FloatTag(), dst + i);
  for (; i < n; ++i) dst[i] = load_half(src + 2 * i);
}

/// 16 where bit i of `bits` is set, for the 16 items i.
SG_INLINE ByteVec fifth_bits_of(std::uint32_t bits) {
  const ByteTag d;
  HWY_ALIGN static constexpr std::uint8_t kBit[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const auto low = hn::Set(d, static_cast<std::uint8_t>(bits)), high = hn::Set(d, static_cast<std::uint8_t>(bits >> 8));
  const auto spread = hn::IfThenElse(hn::FirstN(d, 8), low, high);
  const auto bit = hn::Load(d, kBit);
  return hn::IfThenElseZero(hn::Eq(hn::And(spread, bit), bit), hn::Set(d, 16));
}

template <DType kDtype>
void row_block(const std::byte* src, float* dst);

template <>
inline void row_block<DType::kQ8_0>(const std::byte* src, float* dst) {
  const ScaleOnly value = {stored_half(src)};
  along_row<std::int8_t>(load_bytes(src + 2), dst, value);
  along_row<std::int8_t>(load_bytes(src + 18), dst + 16, value);
}
template <>
inline void row_block<DType::kQ4_0>(const std::byte* src, float* dst) {
  const CentreScale value = {stored_half(src), hn::Set(FloatTag(), 8.0f)};
  halves_along_row(load_bytes(src + 2), dst, dst + 16, value, value);
}
template <>
inline void row_block<DType::kQ4_1>(const std::byte* src, float* dst) {
  const ScaleAdd value = {stored_half(src), stored_half(src + 2)};
  halves_along_row(load_bytes(src + 4), dst, dst + 16, value, value);
}
template <>
inline void row_block<DType::kQ5_0>(const std::byte* src, float* dst) {
  const CentreScale value = {stored_half(src), hn::Set(FloatTag(), 16.0f)};
  const auto high = load_le<std::uint32_t>(src + 2);
  const ByteVec q = load_bytes(src + 6);
  along_row<std::uint8_t>(hn::Or(low_half_bytes(q), fifth_bits_of(high)), dst, value);
  along_row<std::uint8_t>(hn::Or(high_half_bytes(q), fifth_bits_of(high >> 16)), dst + 16, value);
}
template <>
inline void row_block<DType::kQ5_1>(const std::byte* src, float* dst) {
  const ScaleAdd value = {stored_half(src), stored_half(src + 2)};
  const auto high = load_le<std::uint32_t>(src + 4);
  const ByteVec q = load_bytes(src + 8);
  along_row<std::uint8_t>(hn::Or(low_half_bytes(q), fifth_bits_of(high)), dst, value);
  along_row<std::uint8_t>(hn::Or(high_half_bytes(q), fifth_bits_of(high >> 16)), dst + 16, value);
}
template <>
inline void row_block<DType::kIQ4_NL>(const std::byte* src, float* dst) {
  const ScaleOnly value = {stored_half(src)};
  const auto levels = hn::LoadU(ByteTag(), reinterpret_cast<const std::uint8_t*>(kIq4Levels.data()));
  const auto level = [levels](ByteVec half) HWY_ATTR { return hn::TableLookupBytes(levels, half); };
  halves_along_row<std::int8_t>(load_bytes(src + 2), dst, dst + 16, value, value, level);
}

template <>
inline void row_block<DType::kMXFP4>(const std::byte* src, float* dst) {
  const ScaleOnly value = {hn::Set(FloatTag(), half_e8m0(load_u8(src)))};
  const auto levels = hn::LoadU(ByteTag(), reinterpret_cast<const std::uint8_t*>(kTwiceE2M1.data()));
  const auto level = [levels](ByteVec half) HWY_ATTR { return hn::TableLookupBytes(levels, half); };
  halves_along_row<std::int8_t>(load_bytes(src + 1), dst, dst + 16, value, value, level);
}

/// Scale and minimum of group g of a Q4_K or Q5_K block.
SG_INLINE ScaleSubtract row_group(const ScalesMins& packed, FloatVec d, FloatVec d_min, std::size_t g) {
  const FloatTag t;
  return {hn::Mul(d, hn::Set(t, static_cast<float>(packed.scale[g]))),
          hn::Mul(d_min, hn::Set(t, static_cast<float>(packed.min[g])))};
}

template <>
inline void row_block<DType::kQ4_K>(const std::byte* src, float* dst) {
  const FloatVec d = stored_half(src), d_min = stored_half(src + 2);
  const ScalesMins packed = unpack_scales_mins(src + 4);
  for (std::size_t pair = 0; pair < 4; ++pair) {
    const ScaleSubtract low = row_group(packed, d, d_min, 2 * pair), high = row_group(packed, d, d_min, 2 * pair + 1);
    for (std::size_t i = 0; i < 32; i += 16) {
      float* out = dst + 64 * pair + i;
      halves_along_row(load_bytes(src + 16 + 32 * pair + i), out, out + 32, low, high);
    }
  }
}
template <>
inline void row_block<DType::kQ5_K>(const std::byte* src, float* dst) {
  const FloatVec d = stored_half(src), d_min = stored_half(src + 2);
  const ScalesMins packed = unpack_scales_mins(src + 4);
  const auto sixteen = hn::Set(ByteTag(), 16);
  for (std::size_t i = 0; i < 32; i += 16) {
    ByteVec bits = load_bytes(src + 16 + i);  // bit g of a byte belongs to group g; moved down pair by pair
    for (std::size_t pair = 0; pair < 4; ++pair) {
      const ScaleSubtract low = row_group(packed, d, d_min, 2 * pair), high = row_group(packed, d, d_min, 2 * pair + 1);
      const ByteVec q = load_bytes(src + 48 + 32 * pair + i);
      const ByteVec even = hn::And(bytes_left<4>(bits), sixteen), odd = hn::And(bytes_left<3>(bits), sixteen);
      along_row<std::uint8_t>(hn::Or(low_half_bytes(q), even), dst + 64 * pair + i, low);
      along_row<std::uint8_t>(hn::Or(high_half_bytes(q), odd), dst + 64 * pair + 32 + i, high);
      bits = bytes_right<2>(bits);
    }
  }
}
template <>
inline void row_block<DType::kQ6_K>(const std::byte* src, float* dst) {
  const FloatTag t;
  const FloatVec d = stored_half(src + 208), centre = hn::Set(t, 32.0f);
  const auto two_bits = hn::Set(ByteTag(), 0x30);
  const auto group = [&](std::size_t g) HWY_ATTR {
    return CentreScale{hn::Mul(d, hn::Set(t, static_cast<float>(load_i8(src + 192 + g)))), centre};
  };
  for (std::size_t half = 0; half < 2; ++half) {
    for (std::size_t i = 0; i < 32; i += 16) {
      const ByteVec a = load_bytes(src + 64 * half + i), b = load_bytes(src + 64 * half + 32 + i);
      const ByteVec top = load_bytes(src + 128 + 32 * half + i);
      const std::size_t g = 8 * half + i / 16;
      float* out = dst + 128 * half + i;
      along_row<std::uint8_t>(hn::Or(low_half_bytes(a), hn::And(bytes_left<4>(top), two_bits)), out, group(g));
      along_row<std::uint8_t>(hn::Or(low_half_bytes(b), hn::And(bytes_left<2>(top), two_bits)), out + 32, group(g + 2));
      along_row<std::uint8_t>(hn::Or(high_half_bytes(a), hn::And(top, two_bits)), out + 64, group(g + 4));
      along_row<std::uint8_t>(hn::Or(high_half_bytes(b), hn::And(bytes_right<2>(top), two_bits)), out + 96,
                              group(g + 6));
    }
  }
}

template <DType kDtype>
void row_of_blocks(const std::byte* src, std::size_t n, float* dst) {
  const DTypeTraits& t = traits(kDtype);
  for (std::size_t i = 0; i < n; i += t.block_items, src += t.block_bytes) row_block<kDtype>(src, dst + i);
}

/// n numbers, whole blocks.
inline void decode_stored(DType dtype, const std::byte* src, std::size_t n, float* dst) {
  switch (dtype) {
    case DType::kQ4_0: return row_of_blocks<DType::kQ4_0>(src, n, dst);
    case DType::kQ4_1: return row_of_blocks<DType::kQ4_1>(src, n, dst);
    case DType::kQ5_0: return row_of_blocks<DType::kQ5_0>(src, n, dst);
    case DType::kQ5_1: return row_of_blocks<DType::kQ5_1>(src, n, dst);
    case DType::kQ8_0: return row_of_blocks<DType::kQ8_0>(src, n, dst);
    case DType::kQ4_K: return row_of_blocks<DType::kQ4_K>(src, n, dst);
    case DType::kQ5_K: return row_of_blocks<DType::kQ5_K>(src, n, dst);
    case DType::kQ6_K: return row_of_blocks<DType::kQ6_K>(src, n, dst);
    case DType::kIQ4_NL: return row_of_blocks<DType::kIQ4_NL>(src, n, dst);
    case DType::kMXFP4: return row_of_blocks<DType::kMXFP4>(src, n, dst);
    case DType::kF16:
      if constexpr (kConvertsHalves) return halves_to_row(src, n, dst);
      return decode_outputs(dtype, src, n, dst);
    case DType::kF64:
    case DType::kF32:
    case DType::kBF16:
    case DType::kF8E4M3:
    case DType::kF8E5M2:
    case DType::kQ2_K:
    case DType::kQ3_K:
    case DType::kIQ4_XS:
    case DType::kIQ1_S:
    case DType::kIQ1_M:
    case DType::kIQ2_XXS:
    case DType::kIQ2_XS:
    case DType::kIQ2_S:
    case DType::kIQ3_XXS:
    case DType::kIQ3_S:
    case DType::kTQ1_0:
    case DType::kTQ2_0:
    case DType::kNVFP4:
    case DType::kQ8_K:
    case DType::kBool:
    case DType::kU8:
    case DType::kI8:
    case DType::kU16:
    case DType::kI16:
    case DType::kU32:
    case DType::kI32:
    case DType::kU64:
    case DType::kI64:
    case DType::kCount: return decode_outputs(dtype, src, n, dst);
  }
}

/// Row r and zeros up to the padded width.
inline void decode_row(const StoredRows& w, std::size_t r, float* dst) {
  if (w.packed != nullptr) {
    packed_row(*w.packed, w.packed_row + w.stored_row(r), w.packed_col, w.cols, dst);
  } else {
    decode_stored(w.dtype, w.row(r), w.cols, dst);
  }
  if (w.scale != 1.0f) {
    for (std::size_t i = 0; i < w.cols; ++i) dst[i] *= w.scale;
  }
  std::fill(dst + w.cols, dst + padded_columns(w.cols), 0.0f);
}

/// Row r as it lies in the file where that is float32 without a rest, else decoded to dst.
SG_INLINE const float* row_or_decoded(const StoredRows& w, std::size_t r, float* dst) {
  const bool in_place = w.packed == nullptr && w.dtype == DType::kF32 && w.scale == 1.0f &&
                        w.cols % kReduceLanes == 0 && reinterpret_cast<std::uintptr_t>(w.row(r)) % alignof(float) == 0;
  if (in_place) return reinterpret_cast<const float*>(w.row(r));
  decode_row(w, r, dst);
  return dst;
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
