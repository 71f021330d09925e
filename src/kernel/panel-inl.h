// Weights as the micro-kernel wants them: a panel holds kPanel outputs side by side for a run of inputs,
// panel[k * kPanel + output], decoded from the stored rows. Rows are transposed first, as 32-bit words with
// one output per lane, and decoded after, so that scales and minima are vectors over outputs.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_PANEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_PANEL_INL_H_
#undef SG_KERNEL_PANEL_INL_H_
#else
#define SG_KERNEL_PANEL_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "kernel/decode.h"
#include "kernel/kernels.h"
#include "kernel/scratch.h"

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
HWY_INLINE WordVec load_blocks(const RowGroup& group, std::size_t first, std::size_t offset) {
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

HWY_INLINE WordQuad load_words(const RowGroup& group, std::size_t offset) {
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

HWY_INLINE void store_column(FloatVec v, float* panel, std::size_t k) { hn::StoreU(v, FloatTag(), panel + k * kPanel); }

/// n inputs, a multiple of 4.
HWY_INLINE void panel_f32(const RowGroup& group, std::size_t n, float* panel) {
  for (std::size_t k = 0; k < n; k += 4) {
    const WordQuad quad = load_words(group, k * sizeof(float));
    for (std::size_t j = 0; j < 4; ++j) store_column(hn::BitCast(FloatTag(), quad.word[j]), panel, k + j);
  }
}

/// n inputs, a multiple of 8: a word holds two of them.
HWY_INLINE void panel_bf16(const RowGroup& group, std::size_t n, float* panel) {
  const FloatTag d;
  const auto high = hn::Set(WordTag(), 0xffff0000u);
  for (std::size_t k = 0; k < n; k += 8) {
    const WordQuad quad = load_words(group, k * 2);
    for (std::size_t j = 0; j < 4; ++j) {
      store_column(hn::BitCast(d, hn::ShiftLeft<16>(quad.word[j])), panel, k + 2 * j);
      store_column(hn::BitCast(d, hn::And(quad.word[j], high)), panel, k + 2 * j + 1);
    }
  }
}

/// Any dtype and any n of whole blocks: rows are decoded one by one and then transposed.
inline void panel_by_rows(DType dtype, const RowGroup& group, std::size_t n, float* panel) {
  const std::size_t padded = hwy::RoundUpTo(n, 4);
  float* rows = scratch(Scratch::kRows, kFloats * (padded + kMatmulBlock));
  RowGroup decoded;
  for (std::size_t i = 0; i < kFloats; ++i) {
    float* row = rows + i * padded;
    decode_scalar(dtype, group.row[i], n, row);
    std::fill(row + n, row + padded, 0.0f);
    decoded.row[i] = reinterpret_cast<const std::byte*>(row);
  }
  const std::size_t whole = n / 4 * 4;
  panel_f32(decoded, whole, panel);
  for (std::size_t k = whole; k < n; ++k) {
    for (std::size_t i = 0; i < kFloats; ++i) panel[k * kPanel + i] = rows[i * padded + k];
  }
}

/// n inputs from the group's first bytes; returns how many were decoded (the rest is left to panel_by_rows).
inline std::size_t panel_fast(DType dtype, const RowGroup& group, std::size_t n, float* panel) {
  if (dtype == DType::kF32) {
    panel_f32(group, n / 4 * 4, panel);
    return n / 4 * 4;
  }
  if (dtype == DType::kBF16) {
    panel_bf16(group, n / 8 * 8, panel);
    return n / 8 * 8;
  }
  return 0;
}

/// Half a panel: kFloats outputs from `first`, inputs [k0, k0 + n), of a matrix stored by outputs.
inline void half_panel_by_outputs(const WeightView& w, std::size_t first, std::size_t k0, std::size_t n, float* panel) {
  const DTypeTraits& t = traits(w.dtype);
  RowGroup group;
  for (std::size_t i = 0; i < kFloats; ++i) {
    const std::size_t row = std::min(first + i, w.rows - 1);
    group.row[i] = w.data + row * w.row_bytes + k0 / t.block_items * t.block_bytes;
  }
  const std::size_t done = panel_fast(w.dtype, group, n, panel);
  if (done == n) return;
  for (const std::byte*& row : group.row) row += done / t.block_items * t.block_bytes;
  panel_by_rows(w.dtype, group, n - done, panel + done * kPanel);
}

/// A panel of a matrix stored by inputs: a stored row holds the outputs side by side.
inline void panel_by_inputs(const WeightView& w, std::size_t first, std::size_t k0, std::size_t n, float* panel) {
  const DTypeTraits& t = traits(w.dtype);
  const std::size_t count = std::min(kPanel, w.rows - first);
  const std::size_t from = first / t.block_items, to = (first + count + t.block_items - 1) / t.block_items;
  float* decoded = scratch(Scratch::kRows, (to - from) * t.block_items);
  for (std::size_t k = 0; k < n; ++k, panel += kPanel) {
    decode_scalar(w.dtype, w.data + (k0 + k) * w.row_bytes + from * t.block_bytes, (to - from) * t.block_items,
                  decoded);
    const float* outputs = decoded + (first - from * t.block_items);
    std::copy(outputs, outputs + count, panel);
    std::fill(panel + count, panel + kPanel, 0.0f);
  }
}

/// Outputs [first, first + kPanel), inputs [k0, k0 + n) of w; outputs beyond the matrix hold any numbers.
inline void fill_panel(const WeightView& w, std::size_t first, std::size_t k0, std::size_t n, float* panel) {
  if (w.transposed) {
    panel_by_inputs(w, first, k0, n, panel);
  } else {
    half_panel_by_outputs(w, first, k0, n, panel);
    half_panel_by_outputs(w, first + kFloats, k0, n, panel + kFloats);
  }
  if (w.scale == 1.0f) return;
  const auto factor = hn::Set(FloatTag(), w.scale);
  for (std::size_t i = 0; i < n * kPanel; i += kFloats) {
    hn::StoreU(hn::Mul(hn::LoadU(FloatTag(), panel + i), factor), FloatTag(), panel + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
