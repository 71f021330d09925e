// Decoders of GGUF's block types for panels: one block of kFloats outputs at once, one output per lane. Each
// value takes the operations of decode.h in their order, so it has the same bits. Quantised numbers are
// gathered four to a word, one per byte, before they are spread out.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_PANEL_BLOCKS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_PANEL_BLOCKS_INL_H_
#undef SG_KERNEL_PANEL_BLOCKS_INL_H_
#else
#define SG_KERNEL_PANEL_BLOCKS_INL_H_
#endif

#include "kernel/decode_small.h"
#include "kernel/words-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

/// The inputs of a block from which a decoder may take its next one.
struct BlockRef {
  const RowGroup& group;
  std::size_t offset;  // bytes from the group's pointers to the block
  float* panel;        // the block's first input

  SG_INLINE WordQuad words(std::size_t at) const { return load_words(group, offset + at); }
  SG_INLINE WordVec word(std::size_t at) const { return load_word(group, offset + at); }
};

SG_INLINE WordVec low_nibbles(WordVec w) { return hn::And(w, hn::Set(WordTag(), 0x0f0f0f0fu)); }
SG_INLINE WordVec high_nibbles(WordVec w) { return low_nibbles(hn::ShiftRight<4>(w)); }

/// Byte kByte of every word as a number.
template <int kByte>
SG_INLINE FloatVec unsigned_byte(WordVec w) {
  const hn::RebindToSigned<WordTag> di;
  const auto byte = hn::And(hn::ShiftRight<8 * kByte>(w), hn::Set(WordTag(), 255u));
  return hn::ConvertTo(FloatTag(), hn::BitCast(di, byte));
}
template <int kByte>
SG_INLINE FloatVec signed_byte(WordVec w) {
  const hn::RebindToSigned<WordTag> di;
  return hn::ConvertTo(FloatTag(), hn::ShiftRight<24>(hn::BitCast(di, hn::ShiftLeft<24 - 8 * kByte>(w))));
}

/// Four inputs from the four bytes of `w`: value(q) of each, to panel columns k to k + 3.
template <class Value>
SG_INLINE void spread(WordVec w, float* panel, std::size_t k, const Value& value) {
  store_column(value(unsigned_byte<0>(w)), panel, k);
  store_column(value(unsigned_byte<1>(w)), panel, k + 1);
  store_column(value(unsigned_byte<2>(w)), panel, k + 2);
  store_column(value(unsigned_byte<3>(w)), panel, k + 3);
}
template <class Value>
SG_INLINE void spread_signed(WordVec w, float* panel, std::size_t k, const Value& value) {
  store_column(value(signed_byte<0>(w)), panel, k);
  store_column(value(signed_byte<1>(w)), panel, k + 1);
  store_column(value(signed_byte<2>(w)), panel, k + 2);
  store_column(value(signed_byte<3>(w)), panel, k + 3);
}

/// d q + m, d (q - centre), scale q - min: rounded after each operation, as decode.h does.
struct ScaleAdd {
  FloatVec d, m;
  SG_INLINE FloatVec operator()(FloatVec q) const { return hn::Add(hn::Mul(d, q), m); }
};
struct CentreScale {
  FloatVec d, centre;
  SG_INLINE FloatVec operator()(FloatVec q) const { return hn::Mul(d, hn::Sub(q, centre)); }
};
struct ScaleSubtract {
  FloatVec scale, min;
  SG_INLINE FloatVec operator()(FloatVec q) const { return hn::Sub(hn::Mul(scale, q), min); }
};
struct ScaleOnly {
  FloatVec d;
  SG_INLINE FloatVec operator()(FloatVec q) const { return hn::Mul(d, q); }
};

/// The lower and the upper binary16 of a word.
SG_INLINE FloatVec low_half(WordVec w) { return half_lanes(hn::And(w, hn::Set(WordTag(), 0xffffu))); }
SG_INLINE FloatVec high_half(WordVec w) { return half_lanes(hn::ShiftRight<16>(w)); }

/// 32 inputs whose nibbles lie in 16 bytes: inputs 0 to 15 in the low halves, 16 to 31 in the high halves.
template <class Value>
SG_INLINE void spread_nibbles(const WordQuad& q, float* panel, const Value& value) {
  for (std::size_t j = 0; j < 4; ++j) {
    spread(low_nibbles(q.word[j]), panel, 4 * j, value);
    spread(high_nibbles(q.word[j]), panel, 16 + 4 * j, value);
  }
}

/// Bits 4j to 4j + 3 of `bits` (kShift: j) as 16 in the bytes of a word.
SG_INLINE WordVec fifth_bits(WordVec bits) {
  const WordTag d;
  const auto one = [&](WordVec moved, std::uint32_t at) HWY_ATTR { return hn::And(moved, hn::Set(d, at)); };
  // bit 0 to bit 4, bit 1 to bit 12, bit 2 to bit 20, bit 3 to bit 28
  return hn::Or(hn::Or(one(hn::ShiftLeft<4>(bits), 1u << 4), one(hn::ShiftLeft<11>(bits), 1u << 12)),
                hn::Or(one(hn::ShiftLeft<18>(bits), 1u << 20), one(hn::ShiftLeft<25>(bits), 1u << 28)));
}
template <class Value>
SG_INLINE void spread_five_bits(const WordQuad& q, WordVec bits, float* panel, const Value& value) {
  for (std::size_t j = 0; j < 4; ++j) {
    spread(hn::Or(low_nibbles(q.word[j]), fifth_bits(bits)), panel, 4 * j, value);
    spread(hn::Or(high_nibbles(q.word[j]), fifth_bits(hn::ShiftRight<16>(bits))), panel, 16 + 4 * j, value);
    bits = hn::ShiftRight<4>(bits);
  }
}

template <DType kDtype>
void decode_panel_block(const BlockRef& block);

template <>
inline void decode_panel_block<DType::kQ4_0>(const BlockRef& block) {
  const CentreScale value = {low_half(block.word(0)), hn::Set(FloatTag(), 8.0f)};
  spread_nibbles(block.words(2), block.panel, value);
}

template <>
inline void decode_panel_block<DType::kQ4_1>(const BlockRef& block) {
  const WordVec head = block.word(0);
  spread_nibbles(block.words(4), block.panel, ScaleAdd{low_half(head), high_half(head)});
}

template <>
inline void decode_panel_block<DType::kQ5_0>(const BlockRef& block) {
  const CentreScale value = {low_half(block.word(0)), hn::Set(FloatTag(), 16.0f)};
  spread_five_bits(block.words(6), block.word(2), block.panel, value);
}

template <>
inline void decode_panel_block<DType::kQ5_1>(const BlockRef& block) {
  const WordVec head = block.word(0);
  spread_five_bits(block.words(8), block.word(4), block.panel, ScaleAdd{low_half(head), high_half(head)});
}

template <>
inline void decode_panel_block<DType::kQ8_0>(const BlockRef& block) {
  const ScaleOnly value = {low_half(block.word(0))};
  for (std::size_t half = 0; half < 2; ++half) {
    const WordQuad q = block.words(2 + 16 * half);
    for (std::size_t j = 0; j < 4; ++j) spread_signed(q.word[j], block.panel, 16 * half + 4 * j, value);
  }
}

template <>
inline void decode_panel_block<DType::kIQ4_NL>(const BlockRef& block) {
  const hn::Repartition<std::uint8_t, WordTag> db;
  const ScaleOnly value = {low_half(block.word(0))};
  const auto levels = hn::LoadDup128(db, reinterpret_cast<const std::uint8_t*>(kIq4Levels.data()));
  const auto level = [&](WordVec nibbles) HWY_ATTR {
    return hn::BitCast(WordTag(), hn::TableLookupBytes(levels, hn::BitCast(db, nibbles)));
  };
  const WordQuad q = block.words(2);
  for (std::size_t j = 0; j < 4; ++j) {
    spread_signed(level(low_nibbles(q.word[j])), block.panel, 4 * j, value);
    spread_signed(level(high_nibbles(q.word[j])), block.panel, 16 + 4 * j, value);
  }
}

template <>
inline void decode_panel_block<DType::kMXFP4>(const BlockRef& block) {
  const WordTag d;
  const hn::Repartition<std::uint8_t, WordTag> db;
  const hn::RebindToSigned<WordTag> di;
  const auto e = hn::And(block.word(0), hn::Set(d, 255u)), one = hn::Set(d, 1u);
  const auto is_small = hn::RebindMask(d, hn::Lt(hn::BitCast(di, e), hn::Set(di, 2)));
  const auto half = hn::IfThenElse(is_small, hn::ShiftLeft<21>(hn::Add(e, one)), hn::ShiftLeft<23>(hn::Sub(e, one)));
  const ScaleOnly value = {hn::BitCast(FloatTag(), half)};
  const auto levels = hn::LoadDup128(db, reinterpret_cast<const std::uint8_t*>(kTwiceE2M1.data()));
  const auto level = [&](WordVec nibbles) HWY_ATTR {
    return hn::BitCast(WordTag(), hn::TableLookupBytes(levels, hn::BitCast(db, nibbles)));
  };
  const WordQuad q = block.words(1);
  for (std::size_t j = 0; j < 4; ++j) {
    spread_signed(level(low_nibbles(q.word[j])), block.panel, 4 * j, value);
    spread_signed(level(high_nibbles(q.word[j])), block.panel, 16 + 4 * j, value);
  }
}

/// Scales and minima of the 8 groups of a Q4_K or Q5_K block: d scale and d_min min, by group.
struct GroupScales {
  ScaleSubtract group[8];
};
SG_INLINE GroupScales group_scales(const WordQuad& head) {
  const WordTag t;
  const auto six = hn::Set(t, 0x3f3f3f3fu), top = hn::Set(t, 0x30303030u);
  const WordVec a = head.word[1], b = head.word[2], c = head.word[3];
  const WordVec scale[2] = {hn::And(a, six), hn::Or(low_nibbles(c), hn::And(hn::ShiftRight<2>(a), top))};
  const WordVec min[2] = {hn::And(b, six), hn::Or(high_nibbles(c), hn::And(hn::ShiftRight<2>(b), top))};
  const FloatVec d = low_half(head.word[0]), d_min = high_half(head.word[0]);
  GroupScales out;
  for (std::size_t h = 0; h < 2; ++h) {
    out.group[4 * h] = {hn::Mul(d, unsigned_byte<0>(scale[h])), hn::Mul(d_min, unsigned_byte<0>(min[h]))};
    out.group[4 * h + 1] = {hn::Mul(d, unsigned_byte<1>(scale[h])), hn::Mul(d_min, unsigned_byte<1>(min[h]))};
    out.group[4 * h + 2] = {hn::Mul(d, unsigned_byte<2>(scale[h])), hn::Mul(d_min, unsigned_byte<2>(min[h]))};
    out.group[4 * h + 3] = {hn::Mul(d, unsigned_byte<3>(scale[h])), hn::Mul(d_min, unsigned_byte<3>(min[h]))};
  }
  return out;
}

template <>
inline void decode_panel_block<DType::kQ4_K>(const BlockRef& block) {
  const GroupScales scales = group_scales(block.words(0));
  for (std::size_t pair = 0; pair < 4; ++pair) {
    const ScaleSubtract low = scales.group[2 * pair], high = scales.group[2 * pair + 1];
    float* panel = block.panel + 64 * pair * kPanel;
    for (std::size_t i = 0; i < 32; i += 16) {
      const WordQuad q = block.words(16 + 32 * pair + i);
      for (std::size_t j = 0; j < 4; ++j) {
        spread(low_nibbles(q.word[j]), panel, i + 4 * j, low);
        spread(high_nibbles(q.word[j]), panel, 32 + i + 4 * j, high);
      }
    }
  }
}

template <>
inline void decode_panel_block<DType::kQ5_K>(const BlockRef& block) {
  const GroupScales scales = group_scales(block.words(0));
  const auto sixteen = hn::Set(WordTag(), 0x10101010u);
  for (std::size_t i = 0; i < 32; i += 16) {
    WordQuad bits = block.words(16 + i);  // bit g of a byte belongs to group g; moved down pair by pair
    for (std::size_t pair = 0; pair < 4; ++pair) {
      const ScaleSubtract low = scales.group[2 * pair], high = scales.group[2 * pair + 1];
      const WordQuad q = block.words(48 + 32 * pair + i);
      float* panel = block.panel + 64 * pair * kPanel;
      for (std::size_t j = 0; j < 4; ++j) {
        const auto even = hn::And(hn::ShiftLeft<4>(bits.word[j]), sixteen);
        const auto odd = hn::And(hn::ShiftLeft<3>(bits.word[j]), sixteen);
        spread(hn::Or(low_nibbles(q.word[j]), even), panel, i + 4 * j, low);
        spread(hn::Or(high_nibbles(q.word[j]), odd), panel, 32 + i + 4 * j, high);
        bits.word[j] = hn::ShiftRight<2>(bits.word[j]);
      }
    }
  }
}

template <>
inline void decode_panel_block<DType::kQ6_K>(const BlockRef& block) {
  const FloatVec d = high_half(block.word(206)), centre = hn::Set(FloatTag(), 32.0f);
  const WordQuad packed = block.words(192);
  CentreScale scale[16];  // one per 16 inputs
  for (std::size_t j = 0; j < 4; ++j) {
    scale[4 * j] = {hn::Mul(d, signed_byte<0>(packed.word[j])), centre};
    scale[4 * j + 1] = {hn::Mul(d, signed_byte<1>(packed.word[j])), centre};
    scale[4 * j + 2] = {hn::Mul(d, signed_byte<2>(packed.word[j])), centre};
    scale[4 * j + 3] = {hn::Mul(d, signed_byte<3>(packed.word[j])), centre};
  }
  const auto two_bits = hn::Set(WordTag(), 0x30303030u);
  for (std::size_t half = 0; half < 2; ++half) {
    for (std::size_t i = 0; i < 32; i += 16) {
      const WordQuad a = block.words(64 * half + i), b = block.words(64 * half + 32 + i);
      const WordQuad top = block.words(128 + 32 * half + i);
      const CentreScale* s = scale + 8 * half + i / 16;
      for (std::size_t j = 0; j < 4; ++j) {
        const std::size_t k = 128 * half + i + 4 * j;
        const auto t = top.word[j];
        spread(hn::Or(low_nibbles(a.word[j]), hn::And(hn::ShiftLeft<4>(t), two_bits)), block.panel, k, s[0]);
        spread(hn::Or(low_nibbles(b.word[j]), hn::And(hn::ShiftLeft<2>(t), two_bits)), block.panel, k + 32, s[2]);
        spread(hn::Or(high_nibbles(a.word[j]), hn::And(t, two_bits)), block.panel, k + 64, s[4]);
        spread(hn::Or(high_nibbles(b.word[j]), hn::And(hn::ShiftRight<2>(t), two_bits)), block.panel, k + 96, s[6]);
      }
    }
  }
}

/// n inputs, whole blocks, from the group's first bytes.
template <DType kDtype>
void panel_of_blocks(const RowGroup& group, std::size_t n, float* panel) {
  const DTypeTraits& t = traits(kDtype);
  std::size_t offset = 0;
  for (std::size_t k = 0; k < n; k += t.block_items, offset += t.block_bytes) {
    decode_panel_block<kDtype>({group, offset, panel + k * kPanel});
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
