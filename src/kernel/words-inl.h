// 32-bit words of the stored rows of neighbouring outputs, transposed so that a vector holds one word of every
// row: what all decoders of panels start from.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_WORDS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_WORDS_INL_H_
#undef SG_KERNEL_WORDS_INL_H_
#else
#define SG_KERNEL_WORDS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "kernel/decode.h"
#include "kernel/kernels.h"
#include "kernel/targets.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using WordTag = hn::ScalableTag<std::uint32_t>;
using FloatVec = hn::Vec<FloatTag>;
using WordVec = hn::Vec<WordTag>;
inline constexpr std::size_t kFloats = HWY_MAX_BYTES / sizeof(float);
inline constexpr std::size_t kPanel = 2 * kFloats;  // outputs per panel

/// The stored bytes of kFloats neighbouring outputs at the first input wanted. Outputs beyond the matrix
/// repeat the last one: they are computed and thrown away.
struct RowGroup {
  const std::byte* row[kFloats];
};

/// 16 bytes of every row at `offset`, as words: vector j holds word j of every row.
struct WordQuad {
  WordVec word[4];
};

/// Lane 4b + i of the four vectors: row 4b + i.
SG_INLINE WordVec load_blocks(const RowGroup& group, std::size_t first, std::size_t offset) {
  const hn::CappedTag<std::uint32_t, 4> d4;
  const auto block = [&](std::size_t i) HWY_ATTR {
    return hn::LoadU(d4, reinterpret_cast<const std::uint32_t*>(group.row[first + i] + offset));
  };
#if HWY_MAX_BYTES == 64
  const hn::CappedTag<std::uint32_t, 8> d8;
  return hn::Combine(WordTag(), hn::Combine(d8, block(12), block(8)), hn::Combine(d8, block(4), block(0)));
#elif HWY_MAX_BYTES == 32
  return hn::Combine(WordTag(), block(4), block(0));
#else
  return block(0);
#endif
}

SG_INLINE WordQuad load_words(const RowGroup& group, std::size_t offset) {
  const WordTag d;
  const hn::Repartition<std::uint64_t, WordTag> dd;
  const auto a = load_blocks(group, 0, offset), b = load_blocks(group, 1, offset);
  const auto c = load_blocks(group, 2, offset), e = load_blocks(group, 3, offset);
  const auto ab_low = hn::BitCast(dd, hn::InterleaveLower(d, a, b)),
             ab_high = hn::BitCast(dd, hn::InterleaveUpper(d, a, b));
  const auto ce_low = hn::BitCast(dd, hn::InterleaveLower(d, c, e)),
             ce_high = hn::BitCast(dd, hn::InterleaveUpper(d, c, e));
  return {{hn::BitCast(d, hn::InterleaveLower(dd, ab_low, ce_low)),
           hn::BitCast(d, hn::InterleaveUpper(dd, ab_low, ce_low)),
           hn::BitCast(d, hn::InterleaveLower(dd, ab_high, ce_high)),
           hn::BitCast(d, hn::InterleaveUpper(dd, ab_high, ce_high))}};
}

SG_INLINE void store_column(FloatVec v, float* panel, std::size_t k) { hn::StoreU(v, FloatTag(), panel + k * kPanel); }

/// The 4 bytes of every row at `offset`.
SG_INLINE WordVec load_word(const RowGroup& group, std::size_t offset) {
  HWY_ALIGN std::uint32_t words[kFloats];
  for (std::size_t i = 0; i < kFloats; ++i) words[i] = load_le<std::uint32_t>(group.row[i] + offset);
  return hn::Load(WordTag(), words);
}

/// IEEE binary16 in the low half of each word, the upper half 0, as float32. In integers where the exponent
/// is not 0: a multiplication would be slow on subnormal numbers.
SG_INLINE FloatVec half_lanes(WordVec half) {
  const WordTag d;
  const FloatTag df;
  const auto sign = hn::ShiftLeft<16>(hn::And(half, hn::Set(d, 0x8000u)));
  const auto magnitude = hn::ShiftLeft<13>(hn::And(half, hn::Set(d, 0x7fffu)));
  const auto rebias = hn::Set(d, 112u << 23);  // 127 - 15
  const auto normal = hn::Add(magnitude, rebias);
  // (1 + m) 2^-14 - 2^-14 = m 2^-14, exactly.
  const auto subnormal = hn::Sub(hn::BitCast(df, hn::Add(normal, hn::Set(d, 1u << 23))), hn::Set(df, 0x1p-14f));
  const auto special = hn::Add(normal, rebias);  // exponent 31 to 255: infinity and NaN
  const hn::RebindToSigned<WordTag> di;
  const auto signed_magnitude = hn::BitCast(di, magnitude);
  const auto is_special = hn::RebindMask(d, hn::Gt(signed_magnitude, hn::Set(di, (31 << 23) - 1)));
  const auto is_subnormal = hn::RebindMask(df, hn::Lt(signed_magnitude, hn::Set(di, 1 << 23)));
  const auto large = hn::BitCast(df, hn::IfThenElse(is_special, special, normal));
  return hn::Or(hn::IfThenElse(is_subnormal, subnormal, large), hn::BitCast(df, sign));
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
