// As panel-blocks-inl.h: the decoders of the lattices (i-quants). A code of every output is one lane, and its four or
// eight numbers are gathered from the lattice as words of four.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_PANEL_GRIDS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_PANEL_GRIDS_INL_H_
#undef SG_KERNEL_PANEL_GRIDS_INL_H_
#else
#define SG_KERNEL_PANEL_GRIDS_INL_H_
#endif

#include "kernel/grids.h"
#include "kernel/panel-blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

SG_INLINE WordVec field(WordVec w, std::size_t shift, std::uint32_t mask) {
  return hn::And(hn::ShiftRightSame(w, static_cast<int>(shift)), hn::Set(WordTag(), mask));
}
SG_INLINE FloatVec number_of(WordVec small) {
  const hn::RebindToSigned<WordTag> di;
  return hn::ConvertTo(FloatTag(), hn::BitCast(di, small));
}
/// Word `index` of a lattice.
SG_INLINE WordVec gathered(const std::uint32_t* words, WordVec index) {
  const hn::RebindToSigned<WordTag> di;
  return hn::GatherIndex(WordTag(), words, hn::BitCast(di, index));
}

/// db q, negative where the sign's bit is set. `signs`: bits first to first + 3 are those of the four inputs.
SG_INLINE void spread_entry(WordVec entry, FloatVec db, WordVec signs, std::size_t first, float* panel, std::size_t k) {
  const FloatTag d;
  const auto top = hn::Set(WordTag(), 0x80000000u);
  const auto one = [&](FloatVec q, std::size_t i) HWY_ATTR {
    const auto sign = hn::And(hn::ShiftLeftSame(signs, static_cast<int>(31 - first - i)), top);
    store_column(hn::Xor(hn::Mul(db, q), hn::BitCast(d, sign)), panel, k + i);
  };
  one(signed_byte<0>(entry), 0), one(signed_byte<1>(entry), 1);
  one(signed_byte<2>(entry), 2), one(signed_byte<3>(entry), 3);
}
/// Eight inputs of code `index`.
SG_INLINE void spread_eight(const std::uint32_t* words, WordVec index, FloatVec db, WordVec signs, float* panel,
                            std::size_t k) {
  const auto at = hn::ShiftLeft<1>(index);
  spread_entry(gathered(words, at), db, signs, 0, panel, k);
  spread_entry(gathered(words, hn::Or(at, hn::Set(WordTag(), 1u))), db, signs, 4, panel, k + 4);
}

/// Seven bits and an eighth that makes their number even.
SG_INLINE WordVec even_sign_lanes(WordVec seven) {
  auto odd = hn::Xor(seven, hn::ShiftRight<4>(seven));
  odd = hn::Xor(odd, hn::ShiftRight<2>(odd));
  odd = hn::And(hn::Xor(odd, hn::ShiftRight<1>(odd)), hn::Set(WordTag(), 1u));
  return hn::Or(seven, hn::ShiftLeft<7>(odd));
}

/// d (0.5 + scale) factor, rounded after every operation.
SG_INLINE FloatVec half_scale(FloatVec d, WordVec scale, float factor) {
  const FloatTag t;
  return hn::Mul(hn::Mul(d, hn::Add(hn::Set(t, 0.5f), number_of(scale))), hn::Set(t, factor));
}

template <>
inline void decode_panel_block<DType::kIQ2_XXS>(const BlockRef& block) {
  const std::uint32_t* grid = grid_words().iq2_xxs.data();
  const FloatVec d = low_half(block.word(0));
  for (std::size_t pair = 0; pair < 4; ++pair) {
    const WordQuad q = block.words(2 + 16 * pair);
    for (std::size_t run = 0; run < 2; ++run) {
      const WordVec entries = q.word[2 * run], rest = q.word[2 * run + 1];
      const FloatVec db = half_scale(d, hn::ShiftRight<28>(rest), 0.25f);
      for (std::size_t i = 0; i < 4; ++i) {
        const WordVec signs = even_sign_lanes(field(rest, 7 * i, 127));
        spread_eight(grid, field(entries, 8 * i, 255), db, signs, block.panel, 64 * pair + 32 * run + 8 * i);
      }
    }
  }
}

template <>
inline void decode_panel_block<DType::kIQ2_XS>(const BlockRef& block) {
  const std::uint32_t* grid = grid_words().iq2_xs.data();
  const FloatVec d = low_half(block.word(0));
  const WordVec scales[2] = {block.word(66), block.word(70)};
  WordQuad quad{};
  for (std::size_t n = 0; n < 16; ++n) {  // two codes to a scale
    if (n % 4 == 0) quad = block.words(2 + 4 * n);
    const WordVec codes = quad.word[n % 4];
    const FloatVec db = half_scale(d, field(scales[n / 8], 4 * (n % 8), 15), 0.25f);
    for (std::size_t i = 0; i < 2; ++i) {
      const WordVec signs = even_sign_lanes(field(codes, 16 * i + 9, 127));
      spread_eight(grid, field(codes, 16 * i, 511), db, signs, block.panel, 16 * n + 8 * i);
    }
  }
}

template <>
inline void decode_panel_block<DType::kIQ2_S>(const BlockRef& block) {
  const std::uint32_t* grid = grid_words().iq2_s.data();
  const FloatVec d = low_half(block.word(0));
  const WordQuad codes[2] = {block.words(2), block.words(18)}, signs[2] = {block.words(34), block.words(50)};
  const WordVec highs[2] = {block.word(66), block.word(70)}, packed[2] = {block.word(74), block.word(78)};
  for (std::size_t w = 0; w < 8; ++w) {
    const WordVec high = highs[w / 4], scales = packed[w / 4];
    const WordVec code = codes[w / 4].word[w % 4], sign = signs[w / 4].word[w % 4];
    for (std::size_t b = 0; b < 4; ++b) {
      const FloatVec db = half_scale(d, field(scales, 8 * (w % 4) + b / 2 * 4, 15), 0.25f);
      const WordVec top = hn::ShiftLeft<8>(field(high, 8 * (w % 4) + 2 * b, 3));
      const WordVec index = hn::Or(field(code, 8 * b, 255), top);
      spread_eight(grid, index, db, field(sign, 8 * b, 255), block.panel, 32 * w + 8 * b);
    }
  }
}

template <>
inline void decode_panel_block<DType::kIQ3_XXS>(const BlockRef& block) {
  const std::uint32_t* grid = grid_words().iq3_xxs.data();
  const FloatVec d = low_half(block.word(0));
  const WordQuad rests[2] = {block.words(66), block.words(82)};
  WordQuad codes{};
  for (std::size_t run = 0; run < 8; ++run) {
    if (run % 2 == 0) codes = block.words(2 + 8 * run);
    const WordVec rest = rests[run / 4].word[run % 4];
    const FloatVec db = half_scale(d, hn::ShiftRight<28>(rest), 0.5f);
    for (std::size_t i = 0; i < 8; ++i) {
      const WordVec signs = even_sign_lanes(field(rest, 7 * (i / 2), 127));
      const WordVec index = field(codes.word[run % 2 * 2 + i / 4], 8 * (i % 4), 255);
      spread_entry(gathered(grid, index), db, signs, 4 * (i % 2), block.panel, 32 * run + 4 * i);
    }
  }
}

template <>
inline void decode_panel_block<DType::kIQ3_S>(const BlockRef& block) {
  const std::uint32_t* grid = grid_words().iq3_s.data();
  const FloatVec d = low_half(block.word(0));
  const WordVec scales = block.word(106), high[2] = {block.word(66), block.word(70)};
  const WordQuad signs[2] = {block.words(74), block.words(90)};
  WordQuad quad{};
  for (std::size_t w = 0; w < 16; ++w) {
    if (w % 4 == 0) quad = block.words(2 + 4 * w);
    const WordTag t;
    const WordVec odd = hn::Or(hn::ShiftLeft<1>(field(scales, 4 * (w / 2), 15)), hn::Set(t, 1u));
    const FloatVec db = hn::Mul(d, number_of(odd));
    const WordVec codes = quad.word[w % 4], sign = signs[w / 8].word[w / 2 % 4];
    for (std::size_t b = 0; b < 4; ++b) {
      const WordVec top = hn::ShiftLeft<8>(field(high[w / 8], 8 * (w / 2 % 4) + 4 * (w % 2) + b, 1));
      const WordVec index = hn::Or(field(codes, 8 * b, 255), top);
      const WordVec four = field(sign, 16 * (w % 2) + 4 * b, 15);
      spread_entry(gathered(grid, index), db, four, 0, block.panel, 16 * w + 4 * b);
    }
  }
}

/// dl (q + delta) of eight inputs.
SG_INLINE void spread_moved(WordVec index, FloatVec dl, WordVec down, float* panel, std::size_t k) {
  const FloatTag d;
  const std::uint32_t* grid = grid_words().iq1.data();
  const auto delta = hn::Or(hn::Set(d, 0.125f), hn::BitCast(d, hn::ShiftLeft<31>(down)));
  const auto value = [&](FloatVec q) HWY_ATTR { return hn::Mul(dl, hn::Add(q, delta)); };
  const auto at = hn::ShiftLeft<1>(index);
  spread_signed(gathered(grid, at), panel, k, value);
  spread_signed(gathered(grid, hn::Or(at, hn::Set(WordTag(), 1u))), panel, k + 4, value);
}
SG_INLINE FloatVec odd_scale(FloatVec d, WordVec three_bits) {
  return hn::Mul(d, number_of(hn::Or(hn::ShiftLeft<1>(three_bits), hn::Set(WordTag(), 1u))));
}

template <>
inline void decode_panel_block<DType::kIQ1_S>(const BlockRef& block) {
  const FloatVec d = low_half(block.word(0));
  const WordQuad codes[2] = {block.words(2), block.words(18)}, highs = block.words(34);
  for (std::size_t run = 0; run < 8; ++run) {
    const WordVec high = hn::ShiftRightSame(highs.word[run / 2], static_cast<int>(16 * (run % 2)));
    const FloatVec dl = odd_scale(d, field(high, 12, 7));
    const WordVec code = codes[run / 4].word[run % 4], down = field(high, 15, 1);
    for (std::size_t b = 0; b < 4; ++b) {
      const WordVec index = hn::Or(field(code, 8 * b, 255), hn::ShiftLeft<8>(field(high, 3 * b, 7)));
      spread_moved(index, dl, down, block.panel, 32 * run + 8 * b);
    }
  }
}

template <>
inline void decode_panel_block<DType::kIQ1_M>(const BlockRef& block) {
  const WordVec scales[2] = {block.word(48), block.word(52)};
  // The scale's four digits stand on top of four halves of words.
  const WordVec half =
      hn::Or(hn::Or(field(scales[0], 12, 15), hn::ShiftLeft<4>(hn::ShiftRight<28>(scales[0]))),
             hn::Or(hn::ShiftLeft<8>(field(scales[1], 12, 15)), hn::ShiftLeft<12>(hn::ShiftRight<28>(scales[1]))));
  const FloatVec d = half_lanes(half);
  const WordQuad codes[2] = {block.words(0), block.words(16)}, highs = block.words(32);
  for (std::size_t run = 0; run < 8; ++run) {
    const WordVec code = codes[run / 4].word[run % 4];
    for (std::size_t b = 0; b < 4; ++b) {
      const std::size_t i = 4 * run + b;
      const WordVec top = field(highs.word[i / 8], 4 * (i % 8), 15);
      const FloatVec dl = odd_scale(d, field(scales[i / 16], 16 * (i / 8 % 2) + 3 * (i / 2 % 4), 7));
      const WordVec index = hn::Or(field(code, 8 * b, 255), hn::ShiftLeft<8>(hn::And(top, hn::Set(WordTag(), 7u))));
      spread_moved(index, dl, hn::ShiftRight<3>(top), block.panel, 8 * i);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
