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

/// out[k * rows + row] = x[row, k] for up to kFloats rows of a tile of `rows`.
inline void pack_rows(ConstMatrixView x, std::size_t rows, float* out) {
  RowGroup group;
  for (std::size_t i = 0; i < kFloats; ++i) {
    group.row[i] = reinterpret_cast<const std::byte*>(x.row(std::min(i, x.rows - 1)));
  }
  // A whole vector may be stored where what is too much of it will be overwritten, by the inputs that follow or, in
  // a tile higher than a vector, by the rows above.
  const std::size_t whole = x.cols / 4 * 4, end = (x.cols - 1) * rows + x.rows;
  std::size_t k = 0;
  for (; k < whole && (k + 3) * rows + kFloats <= end; k += 4) {
    const WordQuad quad = load_words(group, k * sizeof(float));
    for (std::size_t j = 0; j < 4; ++j)
      hn::StoreU(hn::BitCast(FloatTag(), quad.word[j]), FloatTag(), out + (k + j) * rows);
  }
  for (; k < x.cols; ++k) {
    for (std::size_t r = 0; r < x.rows; ++r) out[k * rows + r] = x.row(r)[k];
  }
}

/// out[k * rows + row] = x[row, k] of a tile.
inline void pack_tile(ConstMatrixView x, float* out) {
  for (std::size_t r = (x.rows + kFloats - 1) / kFloats * kFloats; r > 0;) {
    r -= kFloats;
    pack_rows(x.row_range(r, std::min(kFloats, x.rows - r)), x.rows, out + r);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
