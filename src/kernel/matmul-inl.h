// y = x W^T + bias as outer products: a tile of up to kTile rows by one panel of outputs stays in registers
// while k runs over one block of kMatmulBlock inputs. Each output is one lane, so its sum is the same chain
// of operations for every vector length, tile height and number of threads (the order: kernels.h).
// Blocking after Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008).
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_MATMUL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_MATMUL_INL_H_
#undef SG_KERNEL_MATMUL_INL_H_
#else
#define SG_KERNEL_MATMUL_INL_H_
#endif

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
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

/// A tile's share of one block of inputs.
struct TileCall {
  const float* x;  // (inputs x rows of the tile), packed
  std::size_t inputs;
  const float* panel;  // (inputs x kPanel)
  float* y;            // (rows of the tile x kPanel)
  std::size_t y_stride;
  bool first;         // y is written; else added to
  const float* bias;  // (kPanel), added last; null before the last block or without bias
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
};

template <std::size_t kRows>
void multiply_tile(const TileCall& call) {
  const FloatTag d;
  Accumulators<kRows> sum;
  SG_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
    sum.left[r] = sum.right[r] = hn::Zero(d);
    hwy::Prefetch(call.y + r * call.y_stride);
  }
  const float *x = call.x, *w = call.panel;
  const std::size_t ahead = kRows * call.inputs;  // the next tile of the same block
  // Four inputs per turn: the counters of a shorter loop compete with the multiplications for ports.
  std::size_t k = 0;
  for (; k + 4 <= call.inputs; k += 4, x += 4 * kRows, w += 4 * kPanel) {
    SG_UNROLL for (std::size_t i = 0; i < 4 * kRows; i += 16) hwy::Prefetch(x + ahead + i);
    SG_UNROLL for (std::size_t i = 0; i < 4; ++i) sum.step(x + i * kRows, w + i * kPanel);
  }
  for (; k < call.inputs; ++k, x += kRows, w += kPanel) sum.step(x, w);
  float* y = call.y;
  SG_UNROLL for (std::size_t r = 0; r < kRows; ++r, y += call.y_stride) {
    if (!call.first) {
      sum.left[r] = hn::Add(hn::LoadU(d, y), sum.left[r]);
      sum.right[r] = hn::Add(hn::LoadU(d, y + kFloats), sum.right[r]);
    }
    if (call.bias != nullptr) {
      sum.left[r] = hn::Add(sum.left[r], hn::LoadU(d, call.bias));
      sum.right[r] = hn::Add(sum.right[r], hn::LoadU(d, call.bias + kFloats));
    }
    hn::StoreU(sum.left[r], d, y);
    hn::StoreU(sum.right[r], d, y + kFloats);
  }
}

using TileFunction = void (*)(const TileCall&);
template <std::size_t... kIndex>
constexpr std::array<TileFunction, kTile + 1> tile_functions(std::index_sequence<kIndex...>) {
  return {nullptr, &multiply_tile<kIndex + 1>...};
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

/// Rows [row0, row0 + rows) of one matmul, packed, and the panels to multiply them by.
class RowsTimesPanels {
 public:
  RowsTimesPanels(const MatmulCall& call, std::size_t row0, std::size_t rows)
      : x_(call.x.row_range(row0, rows)),
        y_(call.y.row_range(row0, rows)),
        w_(call.w),
        bias_(call.bias),
        packed_(scratch(Scratch::kActivations, rows * call.x.cols)) {}

  std::size_t tiles() const { return (x_.rows + kTile - 1) / kTile; }
  std::size_t panels() const { return (w_.rows + kPanel - 1) / kPanel; }

  /// Block by block of inputs, in a block tile by tile, in a tile input by input: x[row, k] of tile t and the
  /// block from k0 is at packed_block(k0, t)[(k - k0) * (rows of the tile) + row].
  void pack(std::size_t first_tile, std::size_t last_tile) const {
    for (std::size_t t = first_tile; t < last_tile; ++t) {
      for (std::size_t k0 = 0; k0 < x_.cols; k0 += kMatmulBlock) {
        pack_tile(x_.row_range(t * kTile, tile_rows(t)).col_range(k0, block_inputs(k0)), packed_block(k0, t));
      }
    }
  }

  /// Panels [first_panel, last_panel) times tiles [first_tile, last_tile).
  void multiply(std::size_t first_panel, std::size_t last_panel, std::size_t first_tile, std::size_t last_tile) const {
    float* panel = scratch(Scratch::kPanel, kMatmulBlock * kPanel);
    const std::size_t group = panels_per_pass();
    for (std::size_t first = first_panel; first < last_panel; first += group) {
      const std::size_t last = std::min(last_panel, first + group);
      for (std::size_t k0 = 0; k0 < x_.cols; k0 += kMatmulBlock) {
        for (std::size_t p = first; p < last; ++p) {
          fill_panel(w_, p * kPanel, k0, block_inputs(k0), panel);
          for (std::size_t t = first_tile; t < last_tile; ++t) multiply_one(p, t, k0, panel);
        }
      }
    }
  }

 private:
  /// Panels that share a pass over one block of activations. One, if all activations stay in a level 2 cache
  /// of 2 MB beside the outputs; else as many as keep that block and their outputs there.
  std::size_t panels_per_pass() const {
    constexpr std::size_t kCachedFloats = std::size_t{1} << 18;  // 1 MB
    if (x_.rows * x_.cols <= kCachedFloats) return 1;
    return std::max<std::size_t>(1, kCachedFloats / (x_.rows * kPanel));
  }

  std::size_t tile_rows(std::size_t t) const { return std::min(kTile, x_.rows - t * kTile); }
  std::size_t block_inputs(std::size_t k0) const { return std::min(kMatmulBlock, x_.cols - k0); }
  float* packed_block(std::size_t k0, std::size_t t) const {
    return packed_ + k0 * x_.rows + t * kTile * block_inputs(k0);
  }

  void multiply_one(std::size_t p, std::size_t t, std::size_t k0, const float* panel) const {
    const std::size_t inputs = block_inputs(k0);
    static constexpr auto kFunctions = tile_functions(std::make_index_sequence<kTile>());
    const std::size_t rows = tile_rows(t), out0 = p * kPanel, count = std::min(kPanel, w_.rows - out0);
    const float* x = packed_block(k0, t);
    float* y = y_.row(t * kTile) + out0;
    const bool first = k0 == 0, last = k0 + inputs == x_.cols;
    const float* bias = last && bias_ != nullptr ? bias_ + out0 : nullptr;
    if (count == kPanel) return kFunctions[rows]({x, inputs, panel, y, y_.stride, first, bias});
    float* edge = scratch(Scratch::kEdge, (kTile + 1) * kPanel);
    float* edge_bias = edge + kTile * kPanel;
    for (std::size_t r = 0; r < rows && !first; ++r)
      std::copy(y + r * y_.stride, y + r * y_.stride + count, edge + r * kPanel);
    if (bias != nullptr) std::copy(bias, bias + count, edge_bias);
    kFunctions[rows]({x, inputs, panel, edge, kPanel, first, bias != nullptr ? edge_bias : nullptr});
    for (std::size_t r = 0; r < rows; ++r) std::copy(edge + r * kPanel, edge + r * kPanel + count, y + r * y_.stride);
  }

  ConstMatrixView x_;
  MatrixView y_;
  const WeightView& w_;
  const float* bias_;
  float* packed_;
};

/// How often the rows are split so that `threads` get nearly equal shares of panels x splits units. Every split
/// decodes the weights again, so the fewest that leave less than 7 % of the team idle; each keeps two tiles.
inline std::size_t row_splits(std::size_t panels, std::size_t tiles, std::size_t threads) {
  constexpr std::size_t kMostSplits = 8;
  std::size_t best = 1;
  double best_idle = 1.0;
  for (std::size_t splits = 1; splits <= kMostSplits && splits * 2 <= std::max<std::size_t>(2, tiles); ++splits) {
    const std::size_t units = panels * splits, slots = (units + threads - 1) / threads * threads;
    const double idle = 1.0 - static_cast<double>(units) / static_cast<double>(slots);
    if (idle < best_idle) best = splits, best_idle = idle;
    if (idle < 0.07) break;
  }
  return best;
}

inline void multiply_rows(const MatmulCall& call, std::size_t row0, std::size_t rows, ThreadPool& pool) {
  struct Units {
    RowsTimesPanels job;
    std::size_t panels, tiles, splits;

    /// Unit u: panel u mod panels, split u / panels.
    void run(std::size_t begin, std::size_t end) const {
      while (begin < end) {
        const std::size_t split = begin / panels, last = std::min(end, (split + 1) * panels);
        job.multiply(begin - split * panels, last - split * panels, tiles * split / splits,
                     tiles * (split + 1) / splits);
        begin = last;
      }
    }
  };
  const RowsTimesPanels job(call, row0, rows);
  const std::size_t panels = job.panels(), tiles = job.tiles();
  const Units units = {job, panels, tiles, row_splits(panels, tiles, static_cast<std::size_t>(pool.threads()))};
  pool.parallel_for(tiles, 1, [&units](std::size_t begin, std::size_t end, int) { units.job.pack(begin, end); });
  pool.parallel_for(panels * units.splits, 1,
                    [&units](std::size_t begin, std::size_t end, int) { units.run(begin, end); });
}

void matmul(const MatmulCall& call, ThreadPool& pool) {
  SG_CHECK(call.x.cols == call.w.cols && call.x.cols > 0, "x and W disagree on the number of inputs");
  SG_CHECK(call.y.rows == call.x.rows && call.y.cols == call.w.rows, "y is not (rows of x) x (outputs)");
  // Bounds the packed copy of x; the weights are decoded once per this many rows.
  constexpr std::size_t kRowsAtOnce = 85 * 12;
  for (std::size_t row0 = 0; row0 < call.x.rows; row0 += kRowsAtOnce) {
    multiply_rows(call, row0, std::min(kRowsAtOnce, call.x.rows - row0), pool);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
