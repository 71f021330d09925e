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
#include <utility>

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
/// Where the eight codes of a word lie, twice over.
inline constexpr std::uint32_t kInOrder[16] = {0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20, 24, 28};
inline constexpr std::uint32_t kAwqOrder[16] = {0, 16, 4, 20, 8, 24, 12, 28, 0, 16, 4, 20, 8, 24, 12, 28};

/// Codes of 4 bits of kFloats columns from `col` on, a multiple of 8 or of kFloats, in the order of `shift`.
SG_INLINE WordVec four_bit_codes(const std::byte* row, std::size_t col, const std::uint32_t (&shift)[16]) {
  const WordTag d;
  const std::byte* from = row + col / 8 * 4;
  WordVec words = hn::Set(d, load_le<std::uint32_t>(from));
  if constexpr (kFloats == 16) {
    words = hn::IfThenElse(hn::FirstN(d, 8), words, hn::Set(d, load_le<std::uint32_t>(from + 4)));
  }
  return hn::And(hn::Shr(words, hn::LoadU(d, shift + col % 8)), hn::Set(d, 15u));
}

/// Zero points of kFloats columns from `col` on, of one group.
SG_INLINE WordVec zero_codes(const PackedMatrix& m, std::size_t group, std::size_t col) {
  const std::byte* from = m.zeros.data + group * m.zeros.row_bytes;
  if (m.zeros.layout == ZeroLayout::kAwq) return four_bit_codes(from, col, kAwqOrder);
  if (m.bits == 4) return four_bit_codes(from, col, kInOrder);
  HWY_ALIGN std::uint32_t codes[kFloats];
  for (std::size_t j = 0; j < kFloats; ++j) {
    const std::size_t at = (col + j) * m.bits, shift = at % 8;
    unsigned two = load_u8(from + at / 8);
    if (shift + m.bits > 8) two |= load_u8(from + at / 8 + 1) << 8;
    codes[j] = (two >> shift) & ((1u << m.bits) - 1);
  }
  return hn::Load(WordTag(), codes);
}

/// Whole numbers below 2^23 are the last bits of a float32 from here on: code - zero is (2^23 + code) - (2^23 + zero),
/// to the bit, and needs no conversion.
inline constexpr float kWholeFrom = 0x1p23f;

/// Scales, and zeros from kWholeFrom on, of the outputs of a panel, for one group of inputs.
struct InputLine {
  HWY_ALIGN float scale[kPanel];
  HWY_ALIGN float zero[kPanel];
};
inline void fill_input_line(const PackedMatrix& m, std::size_t row, std::size_t col, InputLine& line) {
  const FloatTag df;
  const WordTag d;
  if (!fill_halves(m, row, col, kPanel, line.scale)) {
    for (std::size_t i = 0; i < kPanel; ++i) line.scale[i] = packed_scale(m, m.scale_index(row, col + i));
  }
  const std::size_t group = m.row_group(row);
  const auto add = hn::Set(d, static_cast<std::uint32_t>(m.zeros.add));
  const auto kept = hn::Set(d, m.zeros.wraps ? (1u << m.bits) - 1 : ~0u);
  for (std::size_t i = 0; i < kPanel; i += kFloats) {
    const auto sum = hn::And(hn::Add(zero_codes(m, group, col + i), add), kept);
    const auto zero = hn::ConvertTo(df, hn::BitCast(hn::RebindToSigned<WordTag>(), sum));
    hn::Store(hn::Add(zero, hn::Set(df, kWholeFrom)), df, line.zero + i);
  }
}

/// The line of each of some inputs; groups are filled when they are first met. Groups in order are counted: a division
/// for each input would take longer than all that is done with its codes.
class InputLines {
 public:
  static constexpr std::size_t kMost = 128;
  InputLines(const PackedMatrix& m, std::size_t col, std::size_t row, std::size_t n) {
    const std::size_t first = m.row_groups != nullptr ? 0 : m.row_group(row);
    const std::size_t count = m.row_groups != nullptr ? m.groups : m.row_group(row + n - 1) - first + 1;
    if (count > kMost || n > kPackedRun) return;
    auto* lines = reinterpret_cast<InputLine*>(scratch(Scratch::kRows, count * sizeof(InputLine) / sizeof(float)));
    made_ = true;
    if (m.row_groups == nullptr) {
      std::size_t left = m.scales.row_run - row % m.scales.row_run;
      for (std::size_t k = 0, i = 0; k < n; ++i, left = m.scales.row_run) {
        fill_input_line(m, row + k, col, lines[i]);
        const std::size_t end = left < n - k ? k + left : n;
        for (; k < end; ++k) of_[k] = lines + i;
      }
      return;
    }
    std::array<bool, kMost> filled{};
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t i = m.row_group(row + k);
      if (!filled[i]) fill_input_line(m, row + k, col, lines[i]), filled[i] = true;
      of_[k] = lines + i;
    }
  }
  bool made() const { return made_; }
  const InputLine& of(std::size_t k) const { return *of_[k]; }
  /// The first input from k on, up to `most`, that has another line.
  std::size_t run_end(std::size_t k, std::size_t most) const {
    std::size_t end = k + 1;
    while (end < most && of_[end] == of_[k]) ++end;
    return end;
  }

 private:
  std::array<const InputLine*, kPackedRun> of_;
  bool made_ = false;
};

/// Of kFloats outputs from `i` on: what a line has for them, and codes that it makes numbers.
struct LineVectors {
  FloatVec scale, zero;

  LineVectors(const InputLine& line, std::size_t i)
      : scale(hn::Load(FloatTag(), line.scale + i)), zero(hn::Load(FloatTag(), line.zero + i)) {}
  /// (code - zero) scale, of the codes in the bits of `mask`.
  SG_INLINE FloatVec numbers(WordVec q, WordVec mask) const {
    const FloatTag d;
    const auto whole = hn::OrAnd(hn::BitCast(WordTag(), hn::Set(d, kWholeFrom)), q, mask);
    return hn::Mul(hn::Sub(hn::BitCast(d, whole), zero), scale);
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
                                const InputLines& lines, float* panel) {
  constexpr std::size_t kPer = 32 / kBits;
  const auto mask = hn::Set(WordTag(), (1u << kBits) - 1);
  for (std::size_t k = 0; k < n; k += kPer) {
    const std::byte* words = m.codes + (row + k) / kPer * m.row_bytes + 4 * col;
    const bool alike = lines.run_end(k, k + kPer) == k + kPer;
    ask_for_next(words, 4 * kPanel);
    for (std::size_t i = 0; i < kPanel; i += kFloats) {
      auto q = load_outputs(words + 4 * i);
      LineVectors line(lines.of(k), i);
      float* out = panel + k * kPanel + i;
      for (std::size_t j = 0; j < kPer; ++j, q = hn::ShiftRight<kBits>(q), out += kPanel) {
        if (!alike) line = LineVectors(lines.of(k + j), i);
        hn::StoreU(line.numbers(q, mask), FloatTag(), out);
      }
    }
  }
}

/// Code kInput of the 32 that stand in kBits words.
template <unsigned kBits, std::size_t kInput>
SG_INLINE WordVec code_of(const WordVec (&words)[kBits]) {
  constexpr std::size_t kAt = kInput * kBits, kWord = kAt / 32, kShift = kAt % 32;
  auto q = words[kWord];
  if constexpr (kShift > 0) q = hn::ShiftRight<static_cast<int>(kShift)>(q);
  if constexpr (kShift + kBits > 32) q = hn::Or(q, hn::ShiftLeft<static_cast<int>(32 - kShift)>(words[kWord + 1]));
  return q;
}
template <unsigned kBits, std::size_t... kInput>
SG_INLINE void store_stream(const WordVec (&words)[kBits], const InputLines& lines, std::size_t k, std::size_t i,
                            float* panel, std::index_sequence<kInput...>) {
  const auto mask = hn::Set(WordTag(), (1u << kBits) - 1);
  (hn::StoreU(LineVectors(lines.of(k + kInput), i).numbers(code_of<kBits, kInput>(words), mask), FloatTag(),
              panel + (k + kInput) * kPanel + i),
   ...);
}

/// The same where codes cross words: 32 inputs are kBits words.
template <unsigned kBits>
inline void spread_crossing_words(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n,
                                  const InputLines& lines, float* panel) {
  for (std::size_t k = 0; k < n; k += 32) {
    const std::byte* from = m.codes + (row + k) / 32 * kBits * m.row_bytes + 4 * col;
    for (std::size_t w = 0; w < kBits; ++w) ask_for_next(from + w * m.row_bytes, 4 * kPanel);
    for (std::size_t i = 0; i < kPanel; i += kFloats) {
      WordVec words[kBits];
      for (std::size_t w = 0; w < kBits; ++w) words[w] = load_outputs(from + w * m.row_bytes + 4 * i);
      store_stream<kBits>(words, lines, k, i, panel, std::make_index_sequence<32>());
    }
  }
}

/// Rows that do not begin and end with a word, and other bits.
inline void spread_column_stream(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n,
                                 const InputLines& lines, float* panel) {
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
      hn::StoreU(LineVectors(lines.of(k), i).numbers(q, mask), FloatTag(), panel + k * kPanel + i);
    }
  }
}

inline void spread_awq(const PackedMatrix& m, std::size_t row, std::size_t col, std::size_t n, const InputLines& lines,
                       float* panel) {
  const auto mask = hn::Set(WordTag(), 15u);
  const bool last_of_line = (col + kPanel) / 8 * 4 % 64 == 0;
  for (std::size_t k = 0, end = 0; k < n; k = end) {
    end = lines.run_end(k, n);
    for (std::size_t i = 0; i < kPanel; i += kFloats) {
      const LineVectors line(lines.of(k), i);
      const std::byte* from = m.codes + (row + k) * m.row_bytes;
      for (std::size_t input = k; input < end; ++input, from += m.row_bytes) {
        if (last_of_line && i == 0) ask_for_next(from + col / 8 * 4, kPanel / 8 * 4);
        hn::StoreU(line.numbers(four_bit_codes(from, col + i, kAwqOrder), mask), FloatTag(),
                   panel + input * kPanel + i);
      }
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
    const bool whole = row % 32 == 0 && n % 32 == 0;
    if (lines.made()) {
      if (m.layout == CodeLayout::kAwq) return spread_awq(m, row, col, n, lines, panel);
      if (whole && m.bits == 2) return spread_column_words<2>(m, row, col, n, lines, panel);
      if (whole && m.bits == 3) return spread_crossing_words<3>(m, row, col, n, lines, panel);
      if (whole && m.bits == 4) return spread_column_words<4>(m, row, col, n, lines, panel);
      if (whole && m.bits == 8) return spread_column_words<8>(m, row, col, n, lines, panel);
      return spread_column_stream(m, row, col, n, lines, panel);
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
