// What panels of packed matrices are made of: scales and zeros of every lane, what codes stand for, and words of codes
// spread over columns of a panel. One output per lane.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_PACKED_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_PACKED_LANES_INL_H_
#undef SG_KERNEL_PACKED_LANES_INL_H_
#else
#define SG_KERNEL_PACKED_LANES_INL_H_
#endif

#include <algorithm>

#include "kernel/packed-inl.h"
#include "kernel/packed-inputs-inl.h"
#include "kernel/words-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

/// Part of a packed matrix that is stored by outputs: kFloats of its rows from `row`, those from `rows` on repeating
/// the last; columns [col, col + n).
struct PackedPart {
  const PackedMatrix& m;
  std::size_t row, rows, col, n;
  std::size_t lane_row(std::size_t i) const { return row + std::min(i, rows - 1); }
};

/// The index of every lane's first scale, which those of further groups of columns follow; and how far the lane's codes
/// stand from the low end of their bytes (kParts), a row lying in one part.
struct LaneIndex {
  std::size_t first[kFloats];
  HWY_ALIGN std::uint32_t shift[kFloats];
};
inline LaneIndex lane_index(const PackedPart& p) {
  const PackedMatrix& m = p.m;
  LaneIndex index;
  for (std::size_t i = 0; i < kFloats; ++i) {
    const std::size_t row = p.lane_row(i);
    index.first[i] = m.scales.flat ? divided(row * m.cols, m.scales.col_run) : m.row_group(row) * m.scales.per_row;
    const std::size_t part = m.layout == CodeLayout::kParts ? row * m.cols / m.part_items : 0;
    index.shift[i] = static_cast<std::uint32_t>(8 - m.bits * (part + 1));
  }
  return index;
}

/// Scale and zero of every lane, and how far its codes are moved down (kParts).
struct LaneScale {
  FloatVec scale, zero;
  WordVec shift;
};
/// Number index[i] + group of every lane, of a type that needs nothing but its bytes.
SG_INLINE FloatVec lane_numbers(ScaleType type, const std::byte* data, const PackedMatrix& m, const LaneIndex& index,
                                std::size_t group) {
  HWY_ALIGN std::uint32_t stored[kFloats];
  const std::size_t last = m.scales.count - 1;
  const bool four = type == ScaleType::kF32, two = type == ScaleType::kF16 || type == ScaleType::kBF16;
  for (std::size_t i = 0; i < kFloats; ++i) {
    const std::size_t at = std::min(index.first[i] + group, last);
    stored[i] = four  ? load_le<std::uint32_t>(data + 4 * at)
                : two ? load_le<std::uint16_t>(data + 2 * at)
                      : load_le<std::uint8_t>(data + at);
  }
  const WordVec words = hn::Load(WordTag(), stored);
  switch (type) {
    case ScaleType::kF32: return hn::BitCast(FloatTag(), words);
    case ScaleType::kF16: return half_lanes(words);
    case ScaleType::kBF16: return hn::BitCast(FloatTag(), hn::ShiftLeft<16>(words));
    case ScaleType::kE4M3: return e4m3_lanes(words);
    case ScaleType::kE8M0: return e8m0_lanes(words);
    case ScaleType::kOne:
    case ScaleType::kNested: break;
  }
  return hn::Set(FloatTag(), 1.0f);
}
SG_INLINE FloatVec lane_scales(const PackedMatrix& m, const LaneIndex& index, std::size_t group) {
  const FloatTag d;
  if (m.scales.type == ScaleType::kNested || m.scales.type == ScaleType::kOne) {
    HWY_ALIGN float scale[kFloats];
    for (std::size_t i = 0; i < kFloats; ++i) scale[i] = packed_scale(m, index.first[i] + group);
    return hn::Load(d, scale);
  }
  const FloatVec value = lane_numbers(m.scales.type, m.scales.data, m, index, group);
  const FloatVec global = hn::Set(d, m.scales.global);
  return m.scales.divide ? hn::Div(value, global) : hn::Mul(value, global);
}
SG_INLINE LaneScale lane_scale(const PackedPart& p, const LaneIndex& index, std::size_t group) {
  const FloatTag d;
  const PackedMatrix& m = p.m;
  LaneScale lane = {lane_scales(m, index, group), hn::Set(d, static_cast<float>(m.zeros.add)),
                    hn::Load(WordTag(), index.shift)};
  if (m.zeros.layout == ZeroLayout::kNone) return lane;
  if (m.zeros.layout == ZeroLayout::kFloats) {
    lane.zero = lane_numbers(m.zeros.type, m.zeros.data, m, index, group);
    return lane;
  }
  HWY_ALIGN float zero[kFloats];
  for (std::size_t i = 0; i < kFloats; ++i) {
    zero[i] = packed_group_zero(m, p.lane_row(i), group, index.first[i] + group);
  }
  lane.zero = hn::Load(d, zero);
  return lane;
}

/// How a code becomes a number, as UnsignedLevel: made once for a panel, so that no switch stands in its loops.
struct SignedLevel {
  SG_INLINE FloatVec operator()(WordVec q) const {
    const hn::RebindToSigned<WordTag> di;
    return hn::ConvertTo(FloatTag(), hn::ShiftRight<24>(hn::BitCast(di, hn::ShiftLeft<24>(q))));
  }
};
struct E4M3Level {
  SG_INLINE FloatVec operator()(WordVec q) const { return e4m3_lanes(q); }
};
struct E5M2Level {
  SG_INLINE FloatVec operator()(WordVec q) const { return half_lanes(hn::ShiftLeft<8>(q)); }
};
/// Sixteen numbers, in one or two registers where they fit.
struct NibbleTable {
  const float* table;
  SG_INLINE FloatVec operator()(WordVec q) const {
    const FloatTag d;
    const hn::RebindToSigned<WordTag> di;
    if constexpr (kFloats < 8) return hn::GatherIndex(d, table, hn::BitCast(di, q));
    const auto low = hn::LoadU(d, table);
    const auto index = hn::IndicesFromVec(d, hn::BitCast(di, hn::And(q, hn::Set(WordTag(), kFloats - 1))));
    if constexpr (kFloats == 16) return hn::TableLookupLanes(low, index);
    const auto high = hn::LoadU(d, table + (16 - std::min<std::size_t>(kFloats, 16)));
    const auto in_low = hn::RebindMask(d, hn::Lt(hn::BitCast(di, q), hn::Set(di, static_cast<int>(kFloats))));
    return hn::IfThenElse(in_low, hn::TableLookupLanes(low, index), hn::TableLookupLanes(high, index));
  }
};
struct WideTable {
  const float* table;
  unsigned bits;
  SG_INLINE FloatVec operator()(WordVec q) const {
    const FloatTag d;
    const hn::RebindToSigned<WordTag> di;
    if constexpr (kFloats == 16) {
      if (bits == 6) {
        const auto index = hn::IndicesFromVec(d, hn::BitCast(di, hn::And(q, hn::Set(WordTag(), 15u))));
        const auto part = [&](std::size_t i) HWY_ATTR { return hn::TableLookupLanes(hn::LoadU(d, table + i), index); };
        const auto odd = hn::RebindMask(d, hn::TestBit(hn::BitCast(di, q), hn::Set(di, 16)));
        const auto upper = hn::RebindMask(d, hn::TestBit(hn::BitCast(di, q), hn::Set(di, 32)));
        return hn::IfThenElse(upper, hn::IfThenElse(odd, part(48), part(32)), hn::IfThenElse(odd, part(16), part(0)));
      }
    }
    return hn::GatherIndex(d, table, hn::BitCast(di, q));
  }
};

/// (level - zero) scale, and then `after` where there is one (kAfter), to panel column k.
template <class Level, bool kAfter = false>
struct PackedColumns {
  Level level;
  float* panel;
  bool any_zero;
  FloatVec after;
  LaneScale lane;

  SG_INLINE void store_with(WordVec code, const LaneScale& own, std::size_t k) const {
    FloatVec value = level(code);
    if (any_zero) value = hn::Sub(value, own.zero);
    value = hn::Mul(value, own.scale);
    if constexpr (kAfter) value = hn::Mul(value, after);
    store_column(value, panel, k);
  }
  SG_INLINE void store(WordVec code, std::size_t k) const { store_with(code, lane, k); }
};
/// The same of columns that belong to groups in no order.
template <class Level>
struct IndexedColumns : PackedColumns<Level> {
  const LaneScale* groups;
  const std::uint16_t* group_of;
  SG_INLINE void store(WordVec code, std::size_t k) const { this->store_with(code, groups[group_of[k]], k); }
};

/// Scales change between runs of so many inputs only.
inline constexpr std::size_t kPackedStep = 16;

/// Sixteen codes of 8 bits.
template <class Columns>
SG_INLINE void spread_bytes(const WordQuad& q, std::size_t k, const Columns c) {
  const auto byte = hn::Set(WordTag(), 255u);
  for (std::size_t j = 0; j < 4; ++j) {
    const WordVec w = q.word[j];
    c.store(hn::And(w, byte), k + 4 * j);
    c.store(hn::And(hn::ShiftRight<8>(w), byte), k + 4 * j + 1);
    c.store(hn::And(hn::ShiftRight<16>(w), byte), k + 4 * j + 2);
    c.store(hn::ShiftRight<24>(w), k + 4 * j + 3);
  }
}
/// Sixteen codes of one part, each somewhere in its byte.
template <class Columns>
SG_INLINE void spread_part(const WordQuad& q, unsigned bits, std::size_t k, const Columns c) {
  const auto mask = hn::Set(WordTag(), (1u << bits) - 1);
  for (std::size_t j = 0; j < 4; ++j) {
    const WordVec w = hn::Shr(q.word[j], c.lane.shift);
    c.store(hn::And(w, mask), k + 4 * j);
    c.store(hn::And(hn::ShiftRight<8>(w), mask), k + 4 * j + 1);
    c.store(hn::And(hn::ShiftRight<16>(w), mask), k + 4 * j + 2);
    c.store(hn::And(hn::ShiftRight<24>(w), mask), k + 4 * j + 3);
  }
}
/// Eight codes of 4 bits; kSwap is 1 where the first of a byte is in its high half.
template <std::size_t kSwap, class Columns>
SG_INLINE void spread_nibble_word(WordVec w, std::size_t k, const Columns c) {
  const auto four = hn::Set(WordTag(), 15u);
  c.store(hn::And(w, four), k + kSwap);
  c.store(hn::And(hn::ShiftRight<4>(w), four), k + (1 ^ kSwap));
  c.store(hn::And(hn::ShiftRight<8>(w), four), k + (2 ^ kSwap));
  c.store(hn::And(hn::ShiftRight<12>(w), four), k + (3 ^ kSwap));
  c.store(hn::And(hn::ShiftRight<16>(w), four), k + (4 ^ kSwap));
  c.store(hn::And(hn::ShiftRight<20>(w), four), k + (5 ^ kSwap));
  c.store(hn::And(hn::ShiftRight<24>(w), four), k + (6 ^ kSwap));
  c.store(hn::ShiftRight<28>(w), k + (7 ^ kSwap));
}
/// The words of 64 codes of 3 to 6 bits, or of 32: as many as `count`, at least 4.
struct CodeWords {
  WordVec word[12];
};
SG_INLINE CodeWords load_code_words(const RowGroup& group, std::size_t offset, std::size_t count) {
  CodeWords words;
  for (std::size_t i = 0; i < count; i += 4) {
    const std::size_t at = std::min(i, count - 4);  // the last four may repeat some before them
    const WordQuad quad = load_words(group, offset + 4 * at);
    for (std::size_t j = 0; j < 4; ++j) words.word[at + j] = quad.word[j];
  }
  return words;
}
/// Codes of any number of bits; those of column k begin at bit k * bits of the words.
template <class Columns>
SG_INLINE void spread_stream(const CodeWords& words, unsigned bits, std::size_t first, std::size_t k, const Columns c) {
  const auto mask = hn::Set(WordTag(), (1u << bits) - 1);
  for (std::size_t i = 0; i < kPackedStep; ++i) {
    const std::size_t at = (first + i) * bits, shift = at % 32;
    WordVec q = hn::ShiftRightSame(words.word[at / 32], static_cast<int>(shift));
    if (shift + bits > 32) {
      q = hn::Or(q, hn::ShiftLeftSame(words.word[at / 32 + 1], static_cast<int>(32 - shift)));
    }
    c.store(hn::And(q, mask), k + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
