// As panel-blocks-inl.h: the decoders of the K-quants of two and three bits, of IQ4_XS, of ternary blocks, NVFP4 and
// Q8_K, and of plain bytes of 8-bit floating point.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_PANEL_SMALL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_PANEL_SMALL_INL_H_
#undef SG_KERNEL_PANEL_SMALL_INL_H_
#else
#define SG_KERNEL_PANEL_SMALL_INL_H_
#endif

#include "kernel/packed-inl.h"
#include "kernel/panel-blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

/// kBits of every byte, from bit `shift` on.
template <unsigned kBits>
SG_INLINE WordVec bits_of_bytes(WordVec w, unsigned shift) {
  constexpr std::uint32_t kMask = ((1u << kBits) - 1) * 0x01010101u;
  return hn::And(hn::ShiftRightSame(w, static_cast<int>(shift)), hn::Set(WordTag(), kMask));
}

/// Byte `index` of four words, 0 to 15, as a number.
SG_INLINE FloatVec byte_number(WordVec w, std::size_t index) {
  const hn::RebindToSigned<WordTag> di;
  const auto byte = hn::And(hn::ShiftRightSame(w, static_cast<int>(8 * index)), hn::Set(WordTag(), 255u));
  return hn::ConvertTo(FloatTag(), hn::BitCast(di, byte));
}

template <>
inline void decode_panel_block<DType::kQ2_K>(const BlockRef& block) {
  const WordVec head = block.word(80);
  const FloatVec d = low_half(head), d_min = high_half(head);
  const WordQuad packed = block.words(0);
  ScaleSubtract group[16];  // one per 16 inputs
  for (std::size_t g = 0; g < 16; ++g) {
    const WordVec w = packed.word[g / 4];
    group[g] = {hn::Mul(d, byte_number(low_nibbles(w), g % 4)), hn::Mul(d_min, byte_number(high_nibbles(w), g % 4))};
  }
  for (std::size_t half = 0; half < 2; ++half) {
    for (std::size_t i = 0; i < 32; i += 16) {
      const WordQuad q = block.words(16 + 32 * half + i);
      for (std::size_t s = 0; s < 4; ++s) {
        const ScaleSubtract value = group[8 * half + 2 * s + i / 16];
        const std::size_t k = 128 * half + 32 * s + i;
        for (std::size_t j = 0; j < 4; ++j) {
          spread(bits_of_bytes<2>(q.word[j], static_cast<unsigned>(2 * s)), block.panel, k + 4 * j, value);
        }
      }
    }
  }
}

/// The 16 scales of a Q3_K block: d times a number of 6 bits less 32.
struct SixBitScales {
  CentreScale group[16];
};
SG_INLINE SixBitScales six_bit_scales(const BlockRef& block) {
  const WordVec first = block.word(96), second = block.word(100), top = block.word(104);
  const FloatVec d = high_half(block.word(106)), centre = hn::Set(FloatTag(), 4.0f), bias = hn::Set(FloatTag(), 32.0f);
  const WordVec low[4] = {low_nibbles(first), low_nibbles(second), high_nibbles(first), high_nibbles(second)};
  SixBitScales out;
  for (std::size_t g = 0; g < 4; ++g) {
    const WordVec high = bits_of_bytes<2>(top, static_cast<unsigned>(2 * g));
    const WordVec six = hn::Or(low[g], hn::ShiftLeft<4>(high));
    for (std::size_t i = 0; i < 4; ++i) {
      out.group[4 * g + i] = {hn::Mul(d, hn::Sub(byte_number(six, i), bias)), centre};
    }
  }
  return out;
}

template <>
inline void decode_panel_block<DType::kQ3_K>(const BlockRef& block) {
  const SixBitScales scales = six_bit_scales(block);
  for (std::size_t i = 0; i < 32; i += 16) {
    const WordQuad mask = block.words(i);  // a set bit adds 4 to a number that is then centred
    for (std::size_t half = 0; half < 2; ++half) {
      const WordQuad q = block.words(32 + 32 * half + i);
      for (std::size_t s = 0; s < 4; ++s) {
        const CentreScale value = scales.group[8 * half + 2 * s + i / 16];
        const std::size_t k = 128 * half + 32 * s + i;
        for (std::size_t j = 0; j < 4; ++j) {
          const WordVec low = bits_of_bytes<2>(q.word[j], static_cast<unsigned>(2 * s));
          const WordVec four = hn::ShiftLeft<2>(bits_of_bytes<1>(mask.word[j], static_cast<unsigned>(4 * half + s)));
          spread(hn::Or(low, four), block.panel, k + 4 * j, value);
        }
      }
    }
  }
}

/// Levels of four bits by the table of a form, four of them in a word.
struct NibbleLevels {
  hn::Vec<hn::Repartition<std::uint8_t, WordTag>> table;
  explicit NibbleLevels(const std::int8_t* levels)
      : table(hn::LoadDup128(hn::Repartition<std::uint8_t, WordTag>(), reinterpret_cast<const std::uint8_t*>(levels))) {
  }
  SG_INLINE WordVec operator()(WordVec nibbles) const {
    const hn::Repartition<std::uint8_t, WordTag> db;
    return hn::BitCast(WordTag(), hn::TableLookupBytes(table, hn::BitCast(db, nibbles)));
  }
};

template <>
inline void decode_panel_block<DType::kIQ4_XS>(const BlockRef& block) {
  const WordVec head = block.word(0), low = block.word(4);
  const FloatVec d = low_half(head), bias = hn::Set(FloatTag(), 32.0f);
  const NibbleLevels level(kIq4Levels.data());
  for (std::size_t g = 0; g < 8; ++g) {
    const WordTag t;
    const auto four = hn::And(hn::ShiftRightSame(low, static_cast<int>(4 * g)), hn::Set(t, 15u));
    const auto two = hn::And(hn::ShiftRightSame(head, static_cast<int>(16 + 2 * g)), hn::Set(t, 3u));
    const FloatVec six = unsigned_byte<0>(hn::Or(four, hn::ShiftLeft<4>(two)));
    const ScaleOnly value = {hn::Mul(d, hn::Sub(six, bias))};
    const WordQuad q = block.words(8 + 16 * g);
    for (std::size_t j = 0; j < 4; ++j) {
      spread_signed(level(low_nibbles(q.word[j])), block.panel, 32 * g + 4 * j, value);
      spread_signed(level(high_nibbles(q.word[j])), block.panel, 32 * g + 16 + 4 * j, value);
    }
  }
}

template <>
inline void decode_panel_block<DType::kTQ2_0>(const BlockRef& block) {
  const CentreScale value = {high_half(block.word(62)), hn::Set(FloatTag(), 1.0f)};
  for (std::size_t half = 0; half < 2; ++half) {
    for (std::size_t i = 0; i < 32; i += 16) {
      const WordQuad q = block.words(32 * half + i);
      for (std::size_t s = 0; s < 4; ++s) {
        const std::size_t k = 128 * half + 32 * s + i;
        for (std::size_t j = 0; j < 4; ++j) {
          spread(bits_of_bytes<2>(q.word[j], static_cast<unsigned>(2 * s)), block.panel, k + 4 * j, value);
        }
      }
    }
  }
}

/// The ternary digits of four bytes, each a fraction of 256: digit `n` of all goes to input k + n * apart.
template <class Value>
SG_INLINE void spread_ternary(WordVec bytes, std::size_t digits, std::size_t apart, float* panel, std::size_t k,
                              const Value& value) {
  const auto pair = hn::Set(WordTag(), 0x00ff00ffu);
  auto even = hn::And(bytes, pair), odd = hn::And(hn::ShiftRight<8>(bytes), pair);
  for (std::size_t n = 0; n < digits; ++n) {
    even = hn::Add(even, hn::ShiftLeft<1>(even)), odd = hn::Add(odd, hn::ShiftLeft<1>(odd));  // three times
    const auto low = hn::And(hn::ShiftRight<8>(even), pair), high = hn::And(hn::ShiftRight<8>(odd), pair);
    spread(hn::Or(low, hn::ShiftLeft<8>(high)), panel, k + n * apart, value);
    even = hn::And(even, pair), odd = hn::And(odd, pair);
  }
}

template <>
inline void decode_panel_block<DType::kTQ1_0>(const BlockRef& block) {
  const CentreScale value = {high_half(block.word(50)), hn::Set(FloatTag(), 1.0f)};
  const WordQuad run[3] = {block.words(0), block.words(16), block.words(32)};
  for (std::size_t j = 0; j < 4; ++j) {
    spread_ternary(run[0].word[j], 5, 32, block.panel, 4 * j, value);
    spread_ternary(run[1].word[j], 5, 32, block.panel, 16 + 4 * j, value);
    spread_ternary(run[2].word[j], 5, 16, block.panel, 160 + 4 * j, value);
  }
  spread_ternary(block.word(48), 4, 4, block.panel, 240, value);
}

/// Half of an E4M3 number without a sign, of which 0x7f is zero.
SG_INLINE FloatVec half_e4m3(WordVec byte) {
  const WordTag d;
  const auto is_zero = hn::RebindMask(FloatTag(), hn::Eq(byte, hn::Set(d, 0x7fu)));
  const auto magnitude = hn::And(byte, hn::Set(d, 0x7fu));
  const auto value = hn::Mul(e4m3_numbers(magnitude), hn::Set(FloatTag(), 0.5f));
  return hn::IfThenZeroElse(is_zero, value);
}

template <>
inline void decode_panel_block<DType::kNVFP4>(const BlockRef& block) {
  const WordVec scales = block.word(0);
  const NibbleLevels level(kTwiceE2M1.data());
  for (std::size_t pair = 0; pair < 2; ++pair) {
    const WordQuad q = block.words(4 + 16 * pair);
    for (std::size_t s = 0; s < 2; ++s) {
      const auto byte =
          hn::And(hn::ShiftRightSame(scales, static_cast<int>(8 * (2 * pair + s))), hn::Set(WordTag(), 255u));
      const ScaleOnly value = {half_e4m3(byte)};
      const std::size_t k = 32 * pair + 16 * s;
      for (std::size_t j = 0; j < 2; ++j) {
        spread_signed(level(low_nibbles(q.word[2 * s + j])), block.panel, k + 4 * j, value);
        spread_signed(level(high_nibbles(q.word[2 * s + j])), block.panel, k + 8 + 4 * j, value);
      }
    }
  }
}

template <>
inline void decode_panel_block<DType::kQ8_K>(const BlockRef& block) {
  const ScaleOnly value = {hn::BitCast(FloatTag(), block.word(0))};
  for (std::size_t i = 0; i < 256; i += 16) {
    const WordQuad q = block.words(4 + i);
    for (std::size_t j = 0; j < 4; ++j) spread_signed(q.word[j], block.panel, i + 4 * j, value);
  }
}

/// Bytes that `value` makes numbers of, n inputs, a multiple of 16.
template <class Value>
SG_INLINE void panel_of_bytes(const RowGroup& group, std::size_t n, float* panel, const Value& value) {
  for (std::size_t k = 0; k < n; k += 16) {
    const WordQuad q = load_words(group, k);
    for (std::size_t j = 0; j < 4; ++j) {
      for (std::size_t i = 0; i < 4; ++i) {
        const auto byte = hn::And(hn::ShiftRightSame(q.word[j], static_cast<int>(8 * i)), hn::Set(WordTag(), 255u));
        store_column(value(byte), panel, k + 4 * j + i);
      }
    }
  }
}
inline void panel_e4m3(const RowGroup& group, std::size_t n, float* panel) {
  panel_of_bytes(group, n, panel, [](WordVec byte) HWY_ATTR { return e4m3_lanes(byte); });
}
inline void panel_e5m2(const RowGroup& group, std::size_t n, float* panel) {
  panel_of_bytes(group, n, panel, [](WordVec byte) HWY_ATTR { return half_lanes(hn::ShiftLeft<8>(byte)); });
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
