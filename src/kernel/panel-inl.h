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
#include <cstring>

#include "hwy/highway.h"
#include "kernel/decode.h"
#include "kernel/kernels.h"
#include "kernel/packed-inl.h"
#include "kernel/packed-panel-inl.h"
#include "kernel/panel-blocks-inl.h"
#include "kernel/panel-grids-inl.h"
#include "kernel/panel-small-inl.h"
#include "kernel/scratch.h"
#include "kernel/words-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {
/// n inputs, a multiple of 8: a word holds two of them.
inline void panel_bf16(const RowGroup& group, std::size_t n, float* panel) {
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

/// `count` numbers that lie side by side; whole blocks when a type has them.
SG_INLINE void decode_outputs(DType dtype, const std::byte* src, std::size_t count, float* dst) {
  const hn::Rebind<std::uint16_t, FloatTag> d16;
  std::size_t i = 0;
  if (dtype == DType::kF32) {
    std::memcpy(dst, src, count * sizeof(float));
    return;
  }
  if (dtype == DType::kBF16 || dtype == DType::kF16) {
    for (; i + kFloats <= count; i += kFloats) {
      const auto stored = hn::LoadU(d16, reinterpret_cast<const std::uint16_t*>(src) + i);
      const auto word = hn::PromoteTo(WordTag(), stored);
      const auto value = dtype == DType::kF16 ? half_lanes(word) : hn::BitCast(FloatTag(), hn::ShiftLeft<16>(word));
      hn::StoreU(value, FloatTag(), dst + i);
    }
  }
  if (HWY_TARGET != HWY_EMU128 && dtype == DType::kF64) {  // the emulation has no infinity
    const hn::Half<FloatTag> half;
    const hn::Rebind<double, decltype(half)> wide;
    for (; i + kFloats / 2 <= count; i += kFloats / 2) {
      hn::StoreU(hn::DemoteTo(half, hn::LoadU(wide, reinterpret_cast<const double*>(src) + i)), half, dst + i);
    }
  }
  if (i < count) decode_scalar(dtype, src + i * traits(dtype).block_bytes, count - i, dst + i);
}

/// Any dtype and any n of whole blocks: rows are decoded one by one and then transposed.
inline void panel_by_rows(DType dtype, const RowGroup& group, std::size_t n, float* panel) {
  const std::size_t padded = hwy::RoundUpTo(n, 4);
  float* rows = scratch(Scratch::kRows, kFloats * (padded + kMatmulBlock));
  RowGroup decoded;
  for (std::size_t i = 0; i < kFloats; ++i) {
    float* row = rows + i * padded;
    decode_outputs(dtype, group.row[i], n, row);
    std::fill(row + n, row + padded, 0.0f);
    decoded.row[i] = reinterpret_cast<const std::byte*>(row);
  }
  const std::size_t whole = n / 4 * 4;
  panel_f32(decoded, whole, panel);
  for (std::size_t k = whole; k < n; ++k) {
    for (std::size_t i = 0; i < kFloats; ++i) panel[k * kPanel + i] = rows[i * padded + k];
  }
}

/// n inputs, a multiple of 8.
inline void panel_f16(const RowGroup& group, std::size_t n, float* panel) {
  for (std::size_t k = 0; k < n; k += 8) {
    const WordQuad quad = load_words(group, k * 2);
    for (std::size_t j = 0; j < 4; ++j) {
      store_column(low_half(quad.word[j]), panel, k + 2 * j);
      store_column(high_half(quad.word[j]), panel, k + 2 * j + 1);
    }
  }
}

using PanelDecoder = void (*)(const RowGroup& group, std::size_t n, float* panel);

/// A decoder for runs of `unit` inputs; null where the rows are decoded one by one.
struct PanelFormat {
  PanelDecoder decode = nullptr;
  std::size_t unit = 1;
};
inline PanelFormat panel_format(DType dtype) {
  switch (dtype) {
    case DType::kF32: return {&panel_f32, 4};
    case DType::kF16: return {&panel_f16, 8};
    case DType::kBF16: return {&panel_bf16, 8};
    case DType::kQ4_0: return {&panel_of_blocks<DType::kQ4_0>, 32};
    case DType::kQ4_1: return {&panel_of_blocks<DType::kQ4_1>, 32};
    case DType::kQ5_0: return {&panel_of_blocks<DType::kQ5_0>, 32};
    case DType::kQ5_1: return {&panel_of_blocks<DType::kQ5_1>, 32};
    case DType::kQ8_0: return {&panel_of_blocks<DType::kQ8_0>, 32};
    case DType::kIQ4_NL: return {&panel_of_blocks<DType::kIQ4_NL>, 32};
    case DType::kMXFP4: return {&panel_of_blocks<DType::kMXFP4>, 32};
    case DType::kQ4_K: return {&panel_of_blocks<DType::kQ4_K>, 256};
    case DType::kQ5_K: return {&panel_of_blocks<DType::kQ5_K>, 256};
    case DType::kQ6_K: return {&panel_of_blocks<DType::kQ6_K>, 256};
    case DType::kF8E4M3: return {&panel_e4m3, 16};
    case DType::kF8E5M2: return {&panel_e5m2, 16};
    case DType::kQ2_K: return {&panel_of_blocks<DType::kQ2_K>, 256};
    case DType::kQ3_K: return {&panel_of_blocks<DType::kQ3_K>, 256};
    case DType::kIQ4_XS: return {&panel_of_blocks<DType::kIQ4_XS>, 256};
    case DType::kIQ1_S: return {&panel_of_blocks<DType::kIQ1_S>, 256};
    case DType::kIQ1_M: return {&panel_of_blocks<DType::kIQ1_M>, 256};
    case DType::kIQ2_XXS: return {&panel_of_blocks<DType::kIQ2_XXS>, 256};
    case DType::kIQ2_XS: return {&panel_of_blocks<DType::kIQ2_XS>, 256};
    case DType::kIQ2_S: return {&panel_of_blocks<DType::kIQ2_S>, 256};
    case DType::kIQ3_XXS: return {&panel_of_blocks<DType::kIQ3_XXS>, 256};
    case DType::kIQ3_S: return {&panel_of_blocks<DType::kIQ3_S>, 256};
    case DType::kTQ1_0: return {&panel_of_blocks<DType::kTQ1_0>, 256};
    case DType::kTQ2_0: return {&panel_of_blocks<DType::kTQ2_0>, 256};
    case DType::kNVFP4: return {&panel_of_blocks<DType::kNVFP4>, 64};
    case DType::kQ8_K: return {&panel_of_blocks<DType::kQ8_K>, 256};
    case DType::kF64:
    case DType::kBool:
    case DType::kU8:
    case DType::kI8:
    case DType::kU16:
    case DType::kI16:
    case DType::kU32:
    case DType::kI32:
    case DType::kU64:
    case DType::kI64:
    case DType::kCount: break;
  }
  return {};
}

/// Half a panel: kFloats outputs from `first`, inputs [k0, k0 + n), of a matrix stored by outputs.
inline void half_panel_by_outputs(const WeightView& w, std::size_t first, std::size_t k0, std::size_t n, float* panel) {
  const DTypeTraits& t = traits(w.dtype);
  RowGroup group;
  for (std::size_t i = 0; i < kFloats; ++i) {
    const std::size_t row = std::min(first + i, w.rows - 1);
    group.row[i] = w.data + row * w.row_bytes + k0 / t.block_items * t.block_bytes;
  }
  const PanelFormat format = panel_format(w.dtype);
  const std::size_t done = format.decode != nullptr ? n / format.unit * format.unit : 0;
  if (done > 0) format.decode(group, done, panel);
  if (done == n) return;
  for (const std::byte*& row : group.row) row += done / t.block_items * t.block_bytes;
  panel_by_rows(w.dtype, group, n - done, panel + done * kPanel);
}

/// A panel of a matrix stored by inputs: a stored row holds the outputs side by side.
inline void panel_by_inputs(const WeightView& w, std::size_t first, std::size_t k0, std::size_t n, float* panel) {
  const DTypeTraits& t = traits(w.dtype);
  const std::size_t count = std::min(kPanel, w.rows - first);
  if (t.block_items == 1) {
    const std::byte* src = w.data + k0 * w.row_bytes + first * t.block_bytes;
    for (std::size_t k = 0; k < n; ++k) decode_outputs(w.dtype, src + k * w.row_bytes, count, panel + k * kPanel);
    return;
  }
  const std::size_t from = first / t.block_items, to = (first + count + t.block_items - 1) / t.block_items;
  float* decoded = scratch(Scratch::kRows, (to - from) * t.block_items);
  for (std::size_t k = 0; k < n; ++k) {
    const std::byte* src = w.data + (k0 + k) * w.row_bytes + from * t.block_bytes;
    decode_scalar(w.dtype, src, (to - from) * t.block_items, decoded);
    const float* outputs = decoded + (first - from * t.block_items);
    std::copy(outputs, outputs + count, panel + k * kPanel);
  }
}

inline constexpr std::size_t kChunkBytes = 512;

/// Equal runs of bytes, `stride` apart, in chunks of kChunkBytes. For addresses to prefetch, which may lie outside.
struct ChunkRows {
  std::uintptr_t start = 0;
  std::size_t bytes = 0, stride = 0, rows = 0;

  std::size_t per_row() const { return (bytes + kChunkBytes - 1) / kChunkBytes; }
  std::size_t chunks() const { return rows * per_row(); }
  std::uintptr_t at(std::size_t i) const { return start + i / per_row() * stride + i % per_row() * kChunkBytes; }
};

/// The stored bytes of a panel. None of a matrix stored by inputs: its rows hold the next panels beside this one.
inline ChunkRows panel_chunks(const WeightView& w, std::size_t first, std::size_t k0, std::size_t n) {
  if (w.transposed || (w.packed != nullptr && w.packed->scales.flat)) return {};
  if (w.packed != nullptr) {
    const std::size_t bits = w.packed->row_bytes * 8 / w.packed->cols, row = w.packed_row + first;
    return {.start = reinterpret_cast<std::uintptr_t>(w.packed->codes) + row * w.row_bytes + k0 * bits / 8,
            .bytes = n * bits / 8,
            .stride = w.row_bytes,
            .rows = std::min(kPanel, w.rows - first)};
  }
  const DTypeTraits& t = traits(w.dtype);
  return {.start = reinterpret_cast<std::uintptr_t>(w.data) + first * w.row_bytes + k0 / t.block_items * t.block_bytes,
          .bytes = n / t.block_items * t.block_bytes,
          .stride = w.row_bytes,
          .rows = std::min(kPanel, w.rows - first)};
}

/// Outputs [first, first + kPanel), inputs [k0, k0 + n) of w; outputs beyond the matrix hold any numbers.
inline void fill_panel(const WeightView& w, std::size_t first, std::size_t k0, std::size_t n, float* panel) {
  // Lanes without an output are multiplied too: zeros, for what stood there may be slow numbers.
  if (first + kPanel > w.rows) std::fill(panel, panel + n * kPanel, 0.0f);
  if (w.packed != nullptr) {
    panel_of_packed(w, first, k0, n, panel);
  } else if (w.transposed) {
    panel_by_inputs(w, first, k0, n, panel);
  } else if (first + kFloats >= w.rows) {
    half_panel_by_outputs(w, first, k0, n, panel);
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
