// Panels of packed matrices that are stored by inputs (GPTQ, AWQ): a stored row holds the outputs side by side, so that
// a vector of codes is a vector of outputs. Scales and zeros of a group are kept while its inputs are made, in whatever
// order they come. Each number takes the operations of packed.cc in their order.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_PACKED_INPUTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_PACKED_INPUTS_INL_H_
#undef SG_KERNEL_PACKED_INPUTS_INL_H_
#else
#define SG_KERNEL_PACKED_INPUTS_INL_H_
#endif

#include <algorithm>
#include <array>

#include "kernel/packed-inl.h"
#include "kernel/scratch.h"
#include "kernel/words-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

/// A code as the whole number that it is.
struct UnsignedLevel {
  SG_INLINE FloatVec operator()(WordVec q) const {
    return hn::ConvertTo(FloatTag(), hn::BitCast(hn::RebindToSigned<WordTag>(), q));
  }
};
/// Codes of kPanel zero points from column `col`, a multiple of 8.
inline void zero_codes(const PackedMatrix& m, std::size_t group, std::size_t col, std::uint8_t* codes) {
  constexpr unsigned kNibble[8] = {0, 4, 1, 5, 2, 6, 3, 7};
  const std::byte* from = m.zeros.data + group * m.zeros.row_bytes;
  for (std::size_t i = 0; i < kPanel; i += 8) {
    if (m.zeros.layout == ZeroLayout::kAwq || m.bits == 4) {
      const auto word = load_le<std::uint32_t>(from + (col + i) / 2);
      for (std::size_t j = 0; j < 8; ++j) {
        const std::size_t nibble = m.zeros.layout == ZeroLayout::kAwq ? kNibble[j] : j;
        codes[i + j] = static_cast<std::uint8_t>((word >> (4 * nibble)) & 15u);
      }
    } else {
      for (std::size_t j = 0; j < 8; ++j) {
        const std::size_t at = (col + i + j) * m.bits, shift = at % 8;
        unsigned two = load_u8(from + at / 8);
        if (shift + m.bits > 8) two |= load_u8(from + at / 8 + 1) << 8;
        codes[i + j] = static_cast<std::uint8_t>((two >> shift) & ((1u << m.bits) - 1));
      }
    }
  }
}

/// Scales and zeros of the outputs of a panel, for one group of inputs.
struct InputLine {
  HWY_ALIGN float scale[kPanel];
  HWY_ALIGN float zero[kPanel];
};
inline void fill_input_line(const PackedMatrix& m, std::size_t row, std::size_t col, InputLine& line) {
  if (!fill_halves(m, row, col, kPanel, line.scale)) {
    for (std::size_t i = 0; i < kPanel; ++i) line.scale[i] = packed_scale(m, m.scale_index(row, col + i));
  }
  HWY_ALIGN std::uint8_t codes[kPanel];
  zero_codes(m, m.row_group(row), col, codes);
  const WordTag d;
  const hn::Rebind<std::uint8_t, FloatTag> d8;
  const auto add = hn::Set(d, static_cast<std::uint32_t>(m.zeros.add));
  const auto kept = hn::Set(d, m.zeros.wraps ? (1u << m.bits) - 1 : ~0u);
  for (std::size_t i = 0; i < kPanel; i += kFloats) {
    const auto sum = hn::And(hn::Add(hn::PromoteTo(d, hn::Load(d8, codes + i)), add), kept);
    hn::Store(hn::ConvertTo(FloatTag(), hn::BitCast(hn::RebindToSigned<WordTag>(), sum)), FloatTag(), line.zero + i);
  }
}

/// The line of each of some inputs; groups are filled when they are first met.
class InputLines {
 public:
  static constexpr std::size_t kMost = 128;
  InputLines(const PackedMatrix& m, std::size_t col, std::size_t row, std::size_t n) {
    const std::size_t first = m.row_groups != nullptr ? 0 : m.row_group(row);
    const std::size_t count = m.row_groups != nullptr ? m.groups : m.row_group(row + n - 1) - first + 1;
    if (count > kMost || n > kPackedRun) return;
    auto* lines = reinterpret_cast<InputLine*>(scratch(Scratch::kRows, count * sizeof(InputLine) / sizeof(float)));
    std::array<bool, kMost> filled{};
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t i = m.row_group(row + k) - first;
      if (!filled[i]) fill_input_line(m, row + k, col, lines[i]), filled[i] = true;
      of_[k] = lines + i;
    }
    made_ = true;
  }
  bool made() const { return made_; }
  const InputLine& of(std::size_t k) const { return *of_[k]; }

 private:
  std::array<const InputLine*, kPackedRun> of_;
  bool made_ = false;
};

/// (code - zero) scale of kFloats outputs from `i` on.
struct InputNumbers {
  float* panel;

  SG_INLINE void store(WordVec code, const InputLine& line, std::size_t k, std::size_t i) const {
    const FloatTag d;
    const auto centred = hn::Sub(UnsignedLevel()(code), hn::Load(d, line.zero + i));
    hn::StoreU(hn::Mul(centred, hn::Load(d, line.scale + i)), d, panel + k * kPanel + i);
  }
};

/// The codes of the next panel stand beside this one's, a memory page from one row to the next: no processor foresees
/// them. Addresses may lie outside.
SG_INLINE void ask_for_next(const std::byte* words, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes; at += 64) __builtin_prefetch(words + bytes + at, 0, 2);
}

SG_INLINE WordVec load_outputs(const std::byte* words) {
  return hn::LoadU(WordTag(), reinterpret_cast<const std::uint32_t*>(words));
}

/// Inputs whose codes of kBits share words, from the first of one on.
template <unsigned kBits>
inline void spread_column_words(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n,
                                const InputLines& lines, const InputNumbers out) {
  constexpr std::size_t kPer = 32 / kBits;
  const auto mask = hn::Set(WordTag(), (1u << kBits) - 1);
  for (std::size_t k = 0; k < n; k += kPer) {
    const std::byte* words = m.codes + (row + k) / kPer * m.row_bytes + 4 * col;
    ask_for_next(words, 4 * kPanel);
    for (std::size_t i = 0; i < kPanel; i += kFloats) {
      auto q = load_outputs(words + 4 * i);
      for (std::size_t j = 0; j < kPer; ++j, q = hn::ShiftRight<kBits>(q)) {
        out.store(hn::And(q, mask), lines.of(k + j), k + j, i);
      }
    }
  }
}

/// Codes that may cross words (3 bits), or rows that do not begin and end with a word.
inline void spread_column_stream(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n,
                                 const InputLines& lines, const InputNumbers out) {
  const auto mask = hn::Set(WordTag(), (1u << m.bits) - 1);
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t at = (row + k) % 32 * m.bits, shift = at % 32;
    const std::byte* words = m.codes + ((row + k) / 32 * m.bits + at / 32) * m.row_bytes + 4 * col;
    if (shift < m.bits) ask_for_next(words, 4 * kPanel);
    for (std::size_t i = 0; i < kPanel; i += kFloats) {
      auto q = hn::ShiftRightSame(load_outputs(words + 4 * i), static_cast<int>(shift));
      if (shift + m.bits > 32) {
        const auto next = load_outputs(words + m.row_bytes + 4 * i);
        q = hn::Or(q, hn::ShiftLeftSame(next, static_cast<int>(32 - shift)));
      }
      out.store(hn::And(q, mask), lines.of(k), k, i);
    }
  }
}

inline void spread_awq(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n, const InputLines& lines,
                       const InputNumbers out) {
  const WordTag d;
  HWY_ALIGN static constexpr std::uint32_t kShift[16] = {0, 16, 4, 20, 8, 24, 12, 28, 0, 16, 4, 20, 8, 24, 12, 28};
  const auto four = hn::Set(d, 15u);
  const auto lower_half = hn::FirstN(d, 8);
  for (std::size_t i = 0; i < kPanel; i += kFloats) {
    const auto shift = hn::LoadU(d, kShift + (col + i) % 8);
    const std::byte* from = m.codes + row * m.row_bytes + (col + i) / 8 * 4;
    const bool last_of_line = (col + kPanel) / 8 * 4 % 64 == 0;
    for (std::size_t k = 0; k < n; ++k, from += m.row_bytes) {
      if (last_of_line && i == 0) ask_for_next(from, kPanel / 8 * 4);
      WordVec words = hn::Set(d, load_le<std::uint32_t>(from));
      if constexpr (kFloats == 16) {
        words = hn::IfThenElse(lower_half, words, hn::Set(d, load_le<std::uint32_t>(from + 4)));
      }
      out.store(hn::And(hn::Shr(words, shift), four), lines.of(k), k, i);
    }
  }
}

inline bool has_direct_inputs(const PackedMatrix& m, std::size_t col, std::size_t count) {
  const bool coded = m.layout == CodeLayout::kColumnStream || m.layout == CodeLayout::kAwq;
  const bool zeros = m.zeros.layout == ZeroLayout::kStream || m.zeros.layout == ZeroLayout::kAwq;
  return count == kPanel && coded && zeros && m.level == Level::kUnsigned && m.col_groups == nullptr &&
         m.scales.col_run == 1 && m.after == 1.0f && col % 8 == 0;
}

inline void packed_panel_by_inputs(const WeightView& w, std::size_t first, std::size_t k0, std::size_t n,
                                   float* panel) {
  const PackedMatrix& m = *w.packed;
  const std::size_t count = std::min(kPanel, w.rows - first), col = w.packed_col + first, row = w.packed_row + k0;
  if (has_direct_inputs(m, col, count)) {
    const InputLines lines(m, col, row, n);
    const InputNumbers out = {panel};
    const bool whole = row % 32 == 0 && n % 32 == 0;
    if (lines.made()) {
      if (m.layout == CodeLayout::kAwq) return spread_awq(m, row, col, n, lines, out);
      if (whole && m.bits == 2) return spread_column_words<2>(m, row, col, n, lines, out);
      if (whole && m.bits == 4) return spread_column_words<4>(m, row, col, n, lines, out);
      if (whole && m.bits == 8) return spread_column_words<8>(m, row, col, n, lines, out);
      return spread_column_stream(m, row, col, n, lines, out);
    }
  }
  GroupLine line;
  HWY_ALIGN float outputs[kPanel];
  for (std::size_t k = 0; k < n; ++k) {
    packed_run(m, row + k, col, count, line, outputs);
    std::copy(outputs, outputs + count, panel + k * kPanel);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
