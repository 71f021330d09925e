// Panels of packed matrices (kernel/packed.h). Where codes, scales and zeros lie as published forms have them, words of
// codes become numbers in registers, one output per lane; anything else is decoded row by row and transposed. Each
// number takes the operations of packed.cc in their order, so it has the same bits.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_PACKED_PANEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_PACKED_PANEL_INL_H_
#undef SG_KERNEL_PACKED_PANEL_INL_H_
#else
#define SG_KERNEL_PACKED_PANEL_INL_H_
#endif

#include <algorithm>
#include <array>

#include "kernel/packed-inl.h"
#include "kernel/packed-inputs-inl.h"
#include "kernel/packed-lanes-inl.h"
#include "kernel/scratch.h"
#include "kernel/words-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

/// n inputs, a multiple of 4.
inline void panel_f32(const RowGroup& group, std::size_t n, float* panel) {
  for (std::size_t k = 0; k < n; k += 4) {
    const WordQuad quad = load_words(group, k * sizeof(float));
    for (std::size_t j = 0; j < 4; ++j) store_column(hn::BitCast(FloatTag(), quad.word[j]), panel, k + j);
  }
}

inline constexpr std::size_t kMostLaneGroups = 64;

/// Where groups begin and end between steps, and rows between bytes.
inline bool decodes_in_lanes(const PackedMatrix& m, std::size_t col, std::size_t n) {
  if (n % 64 != 0 || col % 32 != 0 || (m.after != 1.0f && m.level != Level::kSigned)) return false;
  if (m.col_groups != nullptr && (m.level != Level::kUnsigned || m.groups > kMostLaneGroups)) return false;
  if (m.scales.flat && m.cols % m.scales.col_run != 0) return false;
  if (m.scales.col_run % kPackedStep != 0 && m.scales.col_run < m.cols) return false;
  switch (m.layout) {
    case CodeLayout::kBytes: return m.level != Level::kTable;
    case CodeLayout::kWords: return m.bits == 8 ? m.level != Level::kTable : m.bits >= 2 && m.bits <= 6;
    case CodeLayout::kNibblesHigh: return m.cols % 2 == 0;
    case CodeLayout::kParts: return m.bits != 3 && m.part_items % m.cols == 0;
    case CodeLayout::kColumnStream:
    case CodeLayout::kAwq: return false;
  }
  return false;
}

inline RowGroup code_rows(const PackedPart& p) {
  RowGroup group;
  for (std::size_t i = 0; i < kFloats; ++i) {
    const std::size_t row = p.lane_row(i);
    const std::size_t item = row * p.m.cols + p.col;
    group.row[i] = p.m.layout == CodeLayout::kNibblesHigh ? p.m.codes + item / 2
                   : p.m.layout == CodeLayout::kParts     ? p.m.codes + item % p.m.part_items
                                                          : p.m.codes + row * p.m.row_bytes + p.col * p.m.bits / 8;
  }
  return group;
}

/// Sixteen inputs of all lanes after another; `next` says what their scales are.
template <class Columns, class Next>
inline void spread_codes(const PackedPart& p, Columns& columns, const Next& next) {
  const PackedMatrix& m = p.m;
  const RowGroup group = code_rows(p);
  const bool swap = m.layout == CodeLayout::kNibblesHigh, parts = m.layout == CodeLayout::kParts;
  WordQuad q{};
  CodeWords words{};
  for (std::size_t k = 0; k < p.n; k += kPackedStep) {
    next(k);
    if (parts) {
      spread_part(load_words(group, k), m.bits, k, columns);
    } else if (m.bits == 8) {
      spread_bytes(load_words(group, k), k, columns);
    } else if (m.bits != 4) {
      if (k % 64 == 0) words = load_code_words(group, k * m.bits / 8, 2 * m.bits);
      spread_stream(words, m.bits, k % 64, k, columns);
    } else {
      if (k % 32 == 0) q = load_words(group, k / 2);
      for (std::size_t j = 0; j < 2; ++j) {
        const WordVec w = q.word[k % 32 / 8 + j];
        if (swap) {
          spread_nibble_word<1>(w, k + 8 * j, columns);
        } else {
          spread_nibble_word<0>(w, k + 8 * j, columns);
        }
      }
    }
  }
}

template <class Level, bool kAfter>
inline PackedColumns<Level, kAfter> columns_of(const PackedMatrix& m, const Level& level, float* panel) {
  const bool any_zero = m.zeros.layout != ZeroLayout::kNone || m.zeros.add != 0;
  const FloatVec none = hn::Zero(FloatTag());
  return {level, panel, any_zero, hn::Set(FloatTag(), m.after), {none, none, hn::Zero(WordTag())}};
}

template <bool kAfter = false, class Level>
inline void half_panel_in_lanes(const PackedPart& p, const Level& level, float* panel) {
  const LaneIndex index = lane_index(p);
  auto columns = columns_of<Level, kAfter>(p.m, level, panel);
  const std::size_t run = p.m.scales.col_run;
  std::size_t group = divided(p.col, run), next_at = 0;  // where the next group's lane is wanted
  spread_codes(p, columns, [&](std::size_t k) HWY_ATTR {
    if (k < next_at) return;
    columns.lane = lane_scale(p, index, group);
    next_at = ++group * run - p.col;
  });
}

/// The scales of every group that occurs are made once, and looked up for every column.
inline void half_panel_of_indexed(const PackedPart& p, float* panel) {
  const PackedMatrix& m = p.m;
  const LaneIndex index = lane_index(p);
  std::array<LaneScale, kMostLaneGroups> groups;
  std::array<bool, kMostLaneGroups> made{};
  std::array<std::uint16_t, kPackedRun> group_of;
  const auto last = static_cast<std::uint32_t>(m.groups - 1);
  for (std::size_t k = 0; k < p.n; ++k) {
    const std::uint32_t group = std::min(load_le<std::uint32_t>(m.col_groups + 4 * (p.col + k)), last);
    group_of[k] = static_cast<std::uint16_t>(group);
    if (!made[group]) groups[group] = lane_scale(p, index, group), made[group] = true;
  }
  IndexedColumns<UnsignedLevel> columns = {columns_of<UnsignedLevel, false>(m, UnsignedLevel(), panel), groups.data(),
                                           group_of.data()};
  spread_codes(p, columns, [](std::size_t) {});
}

inline void half_panel_in_lanes(const PackedPart& p, float* panel) {
  if (p.m.col_groups != nullptr) return half_panel_of_indexed(p, panel);
  switch (p.m.level) {
    case Level::kUnsigned: return half_panel_in_lanes(p, UnsignedLevel(), panel);
    case Level::kSigned:
      if (p.m.after != 1.0f) return half_panel_in_lanes<true>(p, SignedLevel(), panel);
      return half_panel_in_lanes(p, SignedLevel(), panel);
    case Level::kE4M3: return half_panel_in_lanes(p, E4M3Level(), panel);
    case Level::kE5M2: return half_panel_in_lanes(p, E5M2Level(), panel);
    case Level::kTable: break;
  }
  if (p.m.bits == 4) return half_panel_in_lanes(p, NibbleTable{p.m.table}, panel);
  half_panel_in_lanes(p, WideTable{p.m.table, p.m.bits}, panel);
}

/// Row by row, then transposed.
inline void half_panel_by_rows(const PackedPart& p, float* panel) {
  const std::size_t padded = hwy::RoundUpTo(p.n, kFloats), whole = p.n / 4 * 4;
  float* rows = scratch(Scratch::kRows, kFloats * padded);
  GroupLine line;
  RowGroup decoded;
  for (std::size_t i = 0; i < kFloats; ++i) {
    float* row = rows + std::min(i, p.rows - 1) * padded;
    decoded.row[i] = reinterpret_cast<const std::byte*>(row);
    if (i < p.rows) packed_run(p.m, p.row + i, p.col, p.n, line, row);
  }
  panel_f32(decoded, whole, panel);
  for (std::size_t k = whole; k < p.n; ++k) {
    for (std::size_t i = 0; i < kFloats; ++i) panel[k * kPanel + i] = load_le<float>(decoded.row[i] + 4 * k);
  }
}

inline void panel_of_packed(const WeightView& w, std::size_t first, std::size_t k0, std::size_t n, float* panel) {
  if (w.transposed) return packed_panel_by_inputs(w, first, k0, n, panel);
  const std::size_t count = std::min(kPanel, w.rows - first), col = w.packed_col + k0;
  const bool in_lanes = decodes_in_lanes(*w.packed, col, n);
  for (std::size_t half = 0; half < count; half += kFloats) {
    const PackedPart part = {*w.packed, w.packed_row + first + half, std::min(kFloats, count - half), col, n};
    if (in_lanes) {
      half_panel_in_lanes(part, panel + half);
    } else {
      half_panel_by_rows(part, panel + half);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
