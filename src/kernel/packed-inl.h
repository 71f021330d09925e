// Packed matrices (kernel/packed.h) as float32: codes to numbers, then zeros and scales, every step for many columns
// at once. Each number takes the operations of packed.cc in their order, so it has the same bits.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_PACKED_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_PACKED_INL_H_
#undef SG_KERNEL_PACKED_INL_H_
#else
#define SG_KERNEL_PACKED_INL_H_
#endif

#include <algorithm>
#include <array>

#include "kernel/packed.h"
#include "kernel/words-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

using CodeTag = hn::FixedTag<std::uint8_t, 16>;
using CodeVec = hn::Vec<CodeTag>;

inline constexpr std::size_t kPackedRun = kMatmulBlock;  // columns at once

/// 32 codes of 4 bits from 16 bytes, in the order of `first` half and then the other of each byte.
SG_INLINE void store_nibbles(CodeVec first, CodeVec second, std::uint8_t* codes) {
  const CodeTag d;
  hn::StoreU(hn::InterleaveLower(d, first, second), d, codes);
  hn::StoreU(hn::InterleaveUpper(d, first, second), d, codes + 16);
}
SG_INLINE CodeVec low_codes(CodeVec q) { return hn::And(q, hn::Set(CodeTag(), 15)); }
SG_INLINE CodeVec high_codes(CodeVec q) {
  const hn::Repartition<std::uint16_t, CodeTag> d16;
  return low_codes(hn::BitCast(CodeTag(), hn::ShiftRight<4>(hn::BitCast(d16, q))));
}

/// 32 codes of 4 AWQ words: columns 0 to 7 of a word lie at nibbles 0 4 1 5 2 6 3 7.
SG_INLINE void store_awq(CodeVec words, std::uint8_t* codes) {
  const CodeTag d;
  const hn::Repartition<std::uint16_t, CodeTag> d16;
  HWY_ALIGN static constexpr std::uint8_t kOrder[16] = {0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15};
  const CodeVec ordered = hn::TableLookupBytes(words, hn::Load(d, kOrder));
  const auto low = hn::BitCast(d16, low_codes(ordered)), high = hn::BitCast(d16, high_codes(ordered));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d16, low, high)), d, codes);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d16, low, high)), d, codes + 16);
}

SG_INLINE CodeVec load_codes(const std::byte* src) {
  return hn::LoadU(CodeTag(), reinterpret_cast<const std::uint8_t*>(src));
}

/// Codes of columns [col, col + n) of a row.
inline void unpack_column_stream(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n,
                                 std::uint8_t* codes) {
  const WordTag d;
  const std::size_t at = row % 32 * m.bits, shift = at % 32;
  const std::byte* words = m.codes + (row / 32 * m.bits + at / 32) * m.row_bytes + 4 * col;
  const bool crosses = shift + m.bits > 32;
  const auto mask = hn::Set(d, (1u << m.bits) - 1);
  std::size_t i = 0;
  for (; i + kFloats <= n; i += kFloats) {
    const auto* from = reinterpret_cast<const std::uint32_t*>(words + 4 * i);
    auto q = hn::ShiftRightSame(hn::LoadU(d, from), static_cast<int>(shift));
    if (crosses) {
      const auto* next = reinterpret_cast<const std::uint32_t*>(words + m.row_bytes + 4 * i);
      q = hn::Or(q, hn::ShiftLeftSame(hn::LoadU(d, next), static_cast<int>(32 - shift)));
    }
    const hn::Rebind<std::uint8_t, WordTag> d8;
    hn::StoreU(hn::TruncateTo(d8, hn::And(q, mask)), d8, codes + i);
  }
  for (; i < n; ++i) codes[i] = static_cast<std::uint8_t>(packed_code(m, row, col + i));
}

/// As far as the columns lie in one part. Returns how many were written.
inline std::size_t unpack_part(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n,
                               std::uint8_t* codes) {
  const CodeTag d;
  const hn::Repartition<std::uint16_t, CodeTag> d16;
  const std::size_t item = row * m.cols + col, part = item / m.part_items, at = item % m.part_items;
  if (m.bits == 3 || at + n > m.part_items) return 0;
  const int shift = static_cast<int>(8 - m.bits * (part + 1));
  const auto mask = hn::Set(d, static_cast<std::uint8_t>((1u << m.bits) - 1));
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const auto q = hn::BitCast(d, hn::ShiftRightSame(hn::BitCast(d16, load_codes(m.codes + at + i)), shift));
    hn::StoreU(hn::And(q, mask), d, codes + i);
  }
  return i;
}

inline void unpack_codes(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n, std::uint8_t* codes) {
  std::size_t i = 0;
  const std::byte* from = m.codes + row * m.row_bytes;
  switch (m.layout) {
    case CodeLayout::kBytes: std::copy_n(reinterpret_cast<const std::uint8_t*>(from) + col, n, codes); return;
    case CodeLayout::kWords:
      if (m.bits != 4 || col % 2 != 0) break;
      for (; i + 32 <= n; i += 32) {
        const CodeVec q = load_codes(from + (col + i) / 2);
        store_nibbles(low_codes(q), high_codes(q), codes + i);
      }
      break;
    case CodeLayout::kNibblesHigh: {
      const std::size_t at = row * m.cols + col;
      if (at % 2 != 0) break;
      for (; i + 32 <= n; i += 32) {
        const CodeVec q = load_codes(m.codes + (at + i) / 2);
        store_nibbles(high_codes(q), low_codes(q), codes + i);
      }
      break;
    }
    case CodeLayout::kColumnStream: return unpack_column_stream(m, row, col, n, codes);
    case CodeLayout::kAwq:
      if (col % 8 != 0) break;
      for (; i + 32 <= n; i += 32) store_awq(load_codes(from + (col + i) / 2), codes + i);
      break;
    case CodeLayout::kParts: i = unpack_part(m, row, col, n, codes); break;
  }
  for (; i < n; ++i) codes[i] = static_cast<std::uint8_t>(packed_code(m, row, col + i));
}

/// What an E4M3 code without its sign stands for, NaN being a number too.
SG_INLINE FloatVec e4m3_numbers(WordVec magnitude) {
  const WordTag d;
  const FloatTag df;
  const hn::RebindToSigned<WordTag> di;
  const auto normal = hn::Add(hn::ShiftLeft<20>(magnitude), hn::Set(d, 120u << 23));
  // (1 + m / 8) 2^-6 - 2^-6, exactly.
  const auto subnormal = hn::Sub(hn::BitCast(df, hn::Add(normal, hn::Set(d, 1u << 23))), hn::Set(df, 0x1p-6f));
  const auto is_subnormal = hn::RebindMask(df, hn::Lt(hn::BitCast(di, magnitude), hn::Set(di, 8)));
  return hn::IfThenElse(is_subnormal, subnormal, hn::BitCast(df, normal));
}

/// OCP E4M3 in the low byte of each word.
SG_INLINE FloatVec e4m3_lanes(WordVec byte) {
  const WordTag d;
  const FloatTag df;
  const auto sign = hn::ShiftLeft<24>(hn::And(byte, hn::Set(d, 0x80u)));
  const auto magnitude = hn::And(byte, hn::Set(d, 0x7fu));
  const auto is_nan = hn::RebindMask(df, hn::Eq(magnitude, hn::Set(d, 0x7fu)));
  const auto value = hn::IfThenElse(is_nan, hn::BitCast(df, hn::Set(d, 0x7fc00000u)), e4m3_numbers(magnitude));
  return hn::Or(value, hn::BitCast(df, sign));
}

/// 2^(byte - 127), of which 255 is NaN.
SG_INLINE FloatVec e8m0_lanes(WordVec byte) {
  const WordTag d;
  const FloatTag df;
  const auto normal = hn::ShiftLeft<23>(byte);
  const auto positive = hn::IfThenElse(hn::Eq(byte, hn::Zero(d)), hn::Set(d, 0x00400000u), normal);
  return hn::BitCast(df, hn::IfThenElse(hn::Eq(byte, hn::Set(d, 255u)), hn::Set(d, 0x7fc00000u), positive));
}

/// What a vector of codes stands for.
template <class Level>
SG_INLINE void levels_of(const std::uint8_t* codes, std::size_t n, float* dst, const Level& level) {
  const hn::Rebind<std::uint8_t, FloatTag> d8;
  for (std::size_t i = 0; i < n; i += kFloats) {
    hn::StoreU(level(hn::PromoteTo(WordTag(), hn::LoadU(d8, codes + i))), FloatTag(), dst + i);
  }
}

/// n is padded to whole vectors: codes and dst have room, codes beyond the last are zero.
inline void level_numbers(const PackedMatrix& m, const std::uint8_t* codes, std::size_t n, float* dst) {
  const hn::RebindToSigned<WordTag> di;
  switch (m.level) {
    case Level::kUnsigned:
      return levels_of(codes, n, dst,
                       [&](WordVec q) HWY_ATTR { return hn::ConvertTo(FloatTag(), hn::BitCast(di, q)); });
    case Level::kSigned:
      return levels_of(codes, n, dst, [&](WordVec q) HWY_ATTR {
        return hn::ConvertTo(FloatTag(), hn::ShiftRight<24>(hn::BitCast(di, hn::ShiftLeft<24>(q))));
      });
    case Level::kE4M3: return levels_of(codes, n, dst, [](WordVec q) HWY_ATTR { return e4m3_lanes(q); });
    case Level::kE5M2:
      return levels_of(codes, n, dst, [](WordVec q) HWY_ATTR { return half_lanes(hn::ShiftLeft<8>(q)); });
    case Level::kTable: break;
  }
  if constexpr (kFloats >= 8) {
    if (m.bits == 4) {
      const FloatTag d;
      const auto low = hn::LoadU(d, m.table), high = hn::LoadU(d, m.table + (16 - kFloats));
      return levels_of(codes, n, dst, [&](WordVec q) HWY_ATTR {
        const auto lane = hn::And(q, hn::Set(WordTag(), kFloats - 1));
        const auto index = hn::IndicesFromVec(d, hn::BitCast(di, lane));
        if constexpr (kFloats == 16) return hn::TableLookupLanes(low, index);
        const auto in_low = hn::RebindMask(d, hn::Lt(hn::BitCast(di, q), hn::Set(di, static_cast<int>(kFloats))));
        return hn::IfThenElse(in_low, hn::TableLookupLanes(low, index), hn::TableLookupLanes(high, index));
      });
    }
  }
  for (std::size_t i = 0; i < n; ++i) dst[i] = m.table[codes[i]];
}

/// The scales and zeros of some columns, kept while rows of one group follow one another.
struct GroupLine {
  HWY_ALIGN float scale[kPackedRun];
  HWY_ALIGN float zero[kPackedRun];
  bool any_zero = false;
  bool filled = false;
  std::size_t group = 0, col = 0, n = 0;
};

/// Runs of columns that share a scale.
template <class Value>
SG_INLINE void fill_runs(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n, const Value& value,
                         float* dst) {
  const std::size_t run = m.col_groups != nullptr ? 1 : m.scales.col_run;
  const std::size_t phase = m.scales.flat ? (row * m.cols + col) % run : col % run;
  for (std::size_t i = 0; i < n;) {
    const std::size_t left = i == 0 ? run - phase : run, end = left < n - i ? i + left : n;
    std::fill(dst + i, dst + end, value(col + i));
    i = end;
  }
}

/// Half-precision scales side by side, one a column.
inline bool fill_halves(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n, float* dst) {
  const PackedScales& s = m.scales;
  const bool plain = s.type == ScaleType::kF16 && s.col_run == 1 && m.col_groups == nullptr && !s.flat;
  if (!plain || s.global != 1.0f) return false;
  const std::size_t first = m.scale_index(row, col);
  if (first + n > s.count) return false;
  const hn::Rebind<std::uint16_t, FloatTag> d16;
  const auto* halves = reinterpret_cast<const std::uint16_t*>(s.data) + first;
  const std::size_t whole = n - n % kFloats;
  for (std::size_t i = 0; i < whole; i += kFloats) {
    hn::StoreU(half_lanes(hn::PromoteTo(WordTag(), hn::LoadU(d16, halves + i))), FloatTag(), dst + i);
  }
  for (std::size_t i = whole; i < n; ++i) dst[i] = packed_scale(m, first + i);
  return true;
}

inline void fill_line(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n, GroupLine& line) {
  // A GPTQ or AWQ row has the scales of the row before, mostly.
  const std::size_t group = m.row_group(row);
  const bool by_group = m.zeros.layout != ZeroLayout::kRows && !m.scales.flat;
  if (line.filled && by_group && line.group == group && line.col == col && line.n == n) return;
  line.filled = true, line.group = group, line.col = col, line.n = n;
  if (!fill_halves(m, row, col, n, line.scale)) {
    const auto scale = [&](std::size_t c) HWY_ATTR { return packed_scale(m, m.scale_index(row, c)); };
    fill_runs(m, row, col, n, scale, line.scale);
  }
  line.any_zero = m.zeros.layout != ZeroLayout::kNone || m.zeros.add != 0;
  if (!line.any_zero) return;
  const auto zero = [&](std::size_t c) HWY_ATTR { return packed_zero(m, row, c); };
  if (m.zeros.layout == ZeroLayout::kNone) {
    std::fill(line.zero, line.zero + n, zero(col));
  } else if (m.zeros.layout == ZeroLayout::kStream || m.zeros.layout == ZeroLayout::kAwq) {
    for (std::size_t i = 0; i < n; ++i) line.zero[i] = zero(col + i);
  } else {
    fill_runs(m, row, col, n, zero, line.zero);
  }
}

/// n <= kPackedRun columns of a stored row; dst has room for whole vectors.
inline void packed_run(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n, GroupLine& line,
                       float* dst) {
  const FloatTag d;
  HWY_ALIGN std::uint8_t codes[kPackedRun];
  unpack_codes(m, row, col, n, codes);
  const std::size_t padded = hwy::RoundUpTo(n, kFloats);
  std::fill(codes + n, codes + padded, std::uint8_t{0});
  fill_line(m, row, col, n, line);
  std::fill(line.scale + n, line.scale + padded, 0.0f);
  level_numbers(m, codes, padded, dst);
  const auto after = hn::Set(d, m.after);
  for (std::size_t i = 0; i < padded; i += kFloats) {
    auto value = hn::LoadU(d, dst + i);
    if (line.any_zero) value = hn::Sub(value, hn::Load(d, line.zero + i));
    value = hn::Mul(hn::Mul(value, hn::Load(d, line.scale + i)), after);
    hn::StoreU(value, d, dst + i);
  }
}

/// n numbers of a stored row from column `col`; nothing is written beyond them.
inline void packed_row(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n, float* dst) {
  GroupLine line;
  HWY_ALIGN float tail[kPackedRun];
  for (std::size_t i = 0; i < n; i += kPackedRun) {
    const std::size_t count = std::min(kPackedRun, n - i);
    const bool whole = count % kFloats == 0;
    packed_run(m, row, col + i, count, line, whole ? dst + i : tail);
    if (!whole) std::copy(tail, tail + count, dst + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
