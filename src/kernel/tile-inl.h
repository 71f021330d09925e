// The micro-kernel of the matmul: a tile of up to kTile rows by one panel of outputs stays in registers while k
// runs over one block of inputs. Each output is one lane, so its sum is the same chain of operations for every
// vector length and tile height. Meanwhile it asks for the memory that the next blocks will need.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_TILE_INL_H_
#undef SG_KERNEL_TILE_INL_H_
#else
#define SG_KERNEL_TILE_INL_H_
#endif

#include <array>
#include <cstdint>
#include <utility>

#include "hwy/cache_control.h"
#include "kernel/panel-inl.h"
#include "kernel/targets.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

// Two vectors per row and one for each half of the panel: 26 of AVX-512's (and NEON's) 32 registers, 14 of 16.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr std::size_t kTile = 12;
#else
inline constexpr std::size_t kTile = 6;
#endif

// Inputs between two requests for memory ahead, and the inputs over which one chunk of it is requested.
inline constexpr std::size_t kAheadStep = 8, kAheadInputs = 64;
inline constexpr std::size_t kAheadSpans = kMatmulBlock / kAheadInputs;
static_assert(kMatmulBlock % kAheadInputs == 0 && kAheadInputs / kAheadStep * 64 == kChunkBytes);

/// Chunks of memory that will be needed soon: `per_span` of them are brought into the second-level cache during
/// every kAheadInputs inputs, a line at a time. Requests that came in bursts would hold up the loads of the tile.
struct Ahead {
  static constexpr std::size_t kMostPerSpan = 16;
  std::size_t per_span = 0;
  std::uintptr_t chunk[kAheadSpans * kMostPerSpan];
};

/// A tile's share of one block of inputs: to = (from +) the block's sums (+ bias), (rows of the tile x kPanel).
struct TileCall {
  const float* x;  // (inputs x rows of the tile), packed
  std::size_t inputs;
  const float* panel;  // (inputs x kPanel)
  const float* from;   // sums of the blocks before, (rows x kPanel); null: this is the first block
  const float* bias;   // (kPanel), added last; null: none
  float* to;
  std::size_t to_stride;
  const Ahead& ahead;
};

/// The accumulators of a tile: one lane per output.
template <std::size_t kRows>
struct Accumulators {
  FloatVec left[kRows], right[kRows];

  /// One input: its weights times its value in each row.
  SG_INLINE void step(const float* x, const float* w) {
    const FloatTag d;
    const auto w_left = hn::LoadU(d, w), w_right = hn::LoadU(d, w + kFloats);
    SG_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
      const auto value = hn::Set(d, x[r]);
      left[r] = hn::MulAdd(value, w_left, left[r]);
      right[r] = hn::MulAdd(value, w_right, right[r]);
    }
  }

  SG_INLINE void finish(const TileCall& call) const {
    const FloatTag d;
    const float *from = call.from, *bias = call.bias;
    float* to = call.to;
    SG_UNROLL for (std::size_t r = 0; r < kRows; ++r, to += call.to_stride) {
      auto a = left[r], b = right[r];
      if (from != nullptr) {
        a = hn::Add(hn::LoadU(d, from + r * kPanel), a);
        b = hn::Add(hn::LoadU(d, from + r * kPanel + kFloats), b);
      }
      if (bias != nullptr) {
        a = hn::Add(a, hn::LoadU(d, bias));
        b = hn::Add(b, hn::LoadU(d, bias + kFloats));
      }
      hn::StoreU(a, d, to);
      hn::StoreU(b, d, to + kFloats);
    }
  }
};

template <std::size_t kRows>
void multiply_tile(const TileCall& call) {
  Accumulators<kRows> sum;
  SG_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
    sum.left[r] = sum.right[r] = hn::Zero(FloatTag());
    hwy::Prefetch(call.to + r * call.to_stride);
    hwy::Prefetch(call.to + r * call.to_stride + kPanel - 1);
  }
  const float *x = call.x, *w = call.panel;
  const std::uintptr_t* chunk = call.ahead.chunk;
  const std::size_t per_span = call.ahead.per_span;
  std::size_t k = 0;
  for (; k + kAheadInputs <= call.inputs; k += kAheadInputs, chunk += per_span) {
    for (std::size_t line = 0; line < kChunkBytes; line += kChunkBytes / (kAheadInputs / kAheadStep)) {
      for (std::size_t c = 0; c < per_span; ++c) {
        __builtin_prefetch(reinterpret_cast<const void*>(chunk[c] + line), 0, 2);  // read, second level
      }
      for (std::size_t i = 0; i < kAheadStep; ++i, x += kRows, w += kPanel) sum.step(x, w);
    }
  }
  for (; k < call.inputs; ++k, x += kRows, w += kPanel) sum.step(x, w);
  sum.finish(call);
}

using TileFunction = void (*)(const TileCall&);
template <std::size_t... kIndex>
constexpr std::array<TileFunction, kTile + 1> tile_functions(std::index_sequence<kIndex...>) {
  return {nullptr, &multiply_tile<kIndex + 1>...};
}
inline void multiply_tile_of(std::size_t rows, const TileCall& call) {
  static constexpr auto kFunctions = tile_functions(std::make_index_sequence<kTile>());
  kFunctions[rows](call);
}

/// out[k * rows + row] = x[row, k], four rows by four inputs at a time.
inline void pack_tile(ConstMatrixView x, float* out) {
  const hn::CappedTag<float, 4> d;
  const hn::Repartition<double, decltype(d)> dd;
  const std::size_t whole_rows = x.rows / 4 * 4, whole_cols = x.cols / 4 * 4;
  for (std::size_t r = 0; r < whole_rows; r += 4) {
    const float *a = x.row(r), *b = x.row(r + 1), *c = x.row(r + 2), *e = x.row(r + 3);
    for (std::size_t k = 0; k < whole_cols; k += 4) {
      const auto va = hn::LoadU(d, a + k), vb = hn::LoadU(d, b + k), vc = hn::LoadU(d, c + k), ve = hn::LoadU(d, e + k);
      const auto ab_low = hn::BitCast(dd, hn::InterleaveLower(d, va, vb));
      const auto ab_high = hn::BitCast(dd, hn::InterleaveUpper(d, va, vb));
      const auto ce_low = hn::BitCast(dd, hn::InterleaveLower(d, vc, ve));
      const auto ce_high = hn::BitCast(dd, hn::InterleaveUpper(d, vc, ve));
      float* to = out + k * x.rows + r;
      hn::StoreU(hn::BitCast(d, hn::InterleaveLower(dd, ab_low, ce_low)), d, to);
      hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(dd, ab_low, ce_low)), d, to + x.rows);
      hn::StoreU(hn::BitCast(d, hn::InterleaveLower(dd, ab_high, ce_high)), d, to + 2 * x.rows);
      hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(dd, ab_high, ce_high)), d, to + 3 * x.rows);
    }
  }
  for (std::size_t r = 0; r < x.rows; ++r) {
    for (std::size_t k = r < whole_rows ? whole_cols : 0; k < x.cols; ++k) out[k * x.rows + r] = x.row(r)[k];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
