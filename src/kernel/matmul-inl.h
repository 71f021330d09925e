// y = x W^T + bias as outer products: panels of decoded weights times tiles of packed rows (tile-inl.h), block of
// inputs by block of inputs, shared out over threads. How the work is cut changes no bit (the order: kernels.h).
// Blocking after Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008).
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_MATMUL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_MATMUL_INL_H_
#undef SG_KERNEL_MATMUL_INL_H_
#else
#define SG_KERNEL_MATMUL_INL_H_
#endif

#include <algorithm>
#include <span>

#include "base/check.h"
#include "kernel/panel-inl.h"
#include "kernel/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

/// Rows [row0, row0 + rows) of one matmul, and where they lie packed.
struct PackedRows {
  std::size_t row0, rows;
  float* packed;
};

/// Packed rows of one matmul, and the panels to multiply them by.
class RowsTimesPanels {
 public:
  RowsTimesPanels(const MatmulCall& call, const PackedRows& rows)
      : x_(call.x.row_range(rows.row0, rows.rows)),
        y_(call.y.row_range(rows.row0, rows.rows)),
        w_(call.w),
        bias_(call.bias),
        packed_(rows.packed) {}

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

  struct Range {
    std::size_t first_panel, last_panel, first_tile, last_tile;
    std::size_t tiles() const { return last_tile - first_tile; }
  };

  /// The panels times the tiles of `range`. A group of panels shares a pass over each block of activations, and the
  /// sums of its outputs stay in cache until the last block.
  void multiply(const Range& range) const {
    constexpr std::size_t kTileFloats = kTile * kPanel;
    const std::size_t group = panels_per_pass(range.last_panel - range.first_panel, range.tiles());
    float* panel = scratch(Scratch::kPanel, kMatmulBlock * kPanel);
    float* sums = scratch(Scratch::kSums, x_.cols > kMatmulBlock ? group * range.tiles() * kTileFloats : 0);
    const std::size_t step = x_.cols > kMatmulBlock ? kTileFloats : 0;  // one block has no sums to keep
    for (std::size_t first = range.first_panel; first < range.last_panel; first += group) {
      const std::size_t last = std::min(range.last_panel, first + group);
      for (std::size_t k0 = 0; k0 < x_.cols; k0 += kMatmulBlock) {
        float* sum = sums;
        for (std::size_t p = first; p < last; ++p) {
          fill_panel(w_, p * kPanel, k0, block_inputs(k0), panel);
          AheadList ahead = list_ahead({first, last, range.first_tile, range.last_tile}, p, k0);
          for (std::size_t t = range.first_tile; t < range.last_tile; ++t, sum += step) {
            multiply_one({p, t, k0}, panel, sum, ahead.next());
          }
        }
      }
    }
  }

 private:
  /// What to bring near while panel p is multiplied: the stored bytes of the panel after it, and a share of the next
  /// block of activations. Handed out tile by tile.
  class AheadList {
   public:
    AheadList(ChunkRows weights, ChunkRows activations, std::size_t tiles)
        : weights_(weights), activations_(activations), tiles_(tiles) {}
    const Ahead& next() {
      const std::size_t all = weights_.chunks() + activations_.chunks();
      const std::size_t begin = all * tile_ / tiles_, end = all * (tile_ + 1) / tiles_;
      ++tile_;
      ahead_.per_span = std::min(Ahead::kMostPerSpan, (end - begin + kAheadSpans - 1) / kAheadSpans);
      for (std::size_t i = 0; i < ahead_.per_span * kAheadSpans; ++i)
        ahead_.chunk[i] = at(std::min(begin + i, end - 1));
      return ahead_;
    }

   private:
    std::uintptr_t at(std::size_t i) const {
      return i < weights_.chunks() ? weights_.at(i) : activations_.at(i - weights_.chunks());
    }
    ChunkRows weights_, activations_;
    std::size_t tiles_, tile_ = 0;
    Ahead ahead_;
  };

  AheadList list_ahead(const Range& group, std::size_t p, std::size_t k0) const {
    const bool turn = p + 1 == group.last_panel;  // back to the group's first panel, or on to the next group
    const std::size_t next_k0 = k0 + block_inputs(k0);
    const bool more = next_k0 < x_.cols;
    const std::size_t next_panel = !turn ? p + 1 : more ? group.first_panel : group.last_panel;
    const std::size_t panel_k0 = !turn ? k0 : more ? next_k0 : 0;
    ChunkRows weights;
    if (next_panel < panels()) weights = panel_chunks(w_, next_panel * kPanel, panel_k0, block_inputs(panel_k0));
    ChunkRows activations;
    if (group.last_panel - group.first_panel < panels() || more) {
      const std::size_t after = more ? next_k0 : 0, panels = group.last_panel - group.first_panel;
      const float* from = packed_block(after, group.first_tile);
      const std::size_t bytes = group.tiles() * kTile * block_inputs(after) * sizeof(float);
      const std::size_t begin = bytes * (p - group.first_panel) / panels,
                        end = bytes * (p + 1 - group.first_panel) / panels;
      if (!all_cached()) activations = {reinterpret_cast<std::uintptr_t>(from) + begin, end - begin, 0, 1};
    }
    return {weights, activations, group.tiles()};
  }

  // The level 2 cache is taken to have 1 MB or more: all activations fit beside a panel, or a block of them, the
  // next block and the sums of a group of panels do.
  bool all_cached() const { return x_.rows * x_.cols <= kCachedFloats / 2; }
  std::size_t panels_per_pass(std::size_t panels, std::size_t tiles) const {
    if (all_cached() && !w_.transposed) return 1;
    const std::size_t sums = tiles * kTile * kPanel;
    if (panels * sums <= kCachedFloats * 7 / 8) return panels;
    const std::size_t most = std::max<std::size_t>(1, kCachedFloats / 2 / sums), passes = (panels + most - 1) / most;
    return (panels + passes - 1) / passes;
  }
  static constexpr std::size_t kCachedFloats = std::size_t{1} << 18;  // 1 MB

  std::size_t tile_rows(std::size_t t) const { return std::min(kTile, x_.rows - t * kTile); }
  std::size_t block_inputs(std::size_t k0) const { return std::min(kMatmulBlock, x_.cols - k0); }
  float* packed_block(std::size_t k0, std::size_t t) const {
    return packed_ + k0 * x_.rows + t * kTile * block_inputs(k0);
  }

  struct Place {
    std::size_t panel, tile, k0;
  };

  /// One tile by one panel: the blocks before the last are summed in `sum`, (kTile x kPanel); the last goes to y.
  void multiply_one(const Place& at, const float* panel, float* sum, const Ahead& ahead) const {
    const std::size_t inputs = block_inputs(at.k0), rows = tile_rows(at.tile);
    TileCall call = {.x = packed_block(at.k0, at.tile),
                     .inputs = inputs,
                     .panel = panel,
                     .from = at.k0 == 0 ? nullptr : sum,
                     .bias = nullptr,
                     .to = sum,
                     .to_stride = kPanel,
                     .ahead = ahead};
    if (at.k0 + inputs < x_.cols) return multiply_tile_of(rows, call);
    const std::size_t out0 = at.panel * kPanel, count = std::min(kPanel, w_.rows - out0);
    const MatrixView y = y_.row_range(at.tile * kTile, rows).col_range(out0, count);
    if (bias_ != nullptr) call.bias = bias_ + out0;
    prefetch_outputs(at.tile + kTilesAhead, out0, count);
    if (count == kPanel) {
      call.to = y.data, call.to_stride = y.stride;
      return multiply_tile_of(rows, call);
    }
    float* edge = scratch(Scratch::kEdge, (kTile + 1) * kPanel);
    float* edge_bias = edge + kTile * kPanel;
    if (bias_ != nullptr) std::copy_n(bias_ + out0, count, edge_bias), call.bias = edge_bias;
    call.to = edge;
    multiply_tile_of(rows, call);
    for (std::size_t r = 0; r < rows; ++r) std::copy_n(edge + r * kPanel, count, y.row(r));
  }

  /// The outputs of a tile to come: a short last block is over before memory answers.
  static constexpr std::size_t kTilesAhead = 4;
  void prefetch_outputs(std::size_t tile, std::size_t out0, std::size_t count) const {
    for (std::size_t r = tile * kTile; r < std::min(y_.rows, (tile + 1) * kTile); ++r) {
      __builtin_prefetch(y_.row(r) + out0, 1, 2);
      __builtin_prefetch(y_.row(r) + out0 + count - 1, 1, 2);
    }
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

/// The panels of several products of one x, cut into units that threads share: unit u of a product is its panel
/// u mod panels in split u / panels, and the units of one product follow those of the one before.
class SharedUnits {
 public:
  SharedUnits(std::span<const MatmulCall> calls, const PackedRows& rows, std::size_t threads)
      : calls_(calls), rows_(rows) {
    std::size_t panels = 0;
    for (const MatmulCall& call : calls_) panels += RowsTimesPanels(call, rows_).panels();
    splits_ = row_splits(panels, tiles(), threads);
    count_ = panels * splits_;
  }
  std::size_t count() const { return count_; }
  std::size_t tiles() const { return packing().tiles(); }
  RowsTimesPanels packing() const { return {calls_[0], rows_}; }

  void run(std::size_t begin, std::size_t end) const {
    std::size_t first = 0;
    for (const MatmulCall& call : calls_) {
      const RowsTimesPanels job(call, rows_);
      const std::size_t units = job.panels() * splits_, last = first + units;
      if (begin < last && end > first) run_of(job, std::max(begin, first) - first, std::min(end, last) - first);
      first = last;
    }
  }

 private:
  void run_of(const RowsTimesPanels& job, std::size_t begin, std::size_t end) const {
    const std::size_t panels = job.panels(), tiles = job.tiles();
    while (begin < end) {
      const std::size_t split = begin / panels, last = std::min(end, (split + 1) * panels);
      job.multiply({.first_panel = begin - split * panels,
                    .last_panel = last - split * panels,
                    .first_tile = tiles * split / splits_,
                    .last_tile = tiles * (split + 1) / splits_});
      begin = last;
    }
  }

  std::span<const MatmulCall> calls_;
  PackedRows rows_;
  std::size_t splits_ = 1, count_ = 0;
};

inline void multiply_rows(std::span<const MatmulCall> calls, std::size_t row0, std::size_t rows, ThreadPool& pool) {
  float* packed = scratch(Scratch::kActivations, rows * calls[0].x.cols);
  const SharedUnits units(calls, {row0, rows, packed}, static_cast<std::size_t>(pool.threads()));
  pool.parallel_for(units.tiles(), 1,
                    [&units](std::size_t begin, std::size_t end, int) { units.packing().pack(begin, end); });
  pool.parallel_for(units.count(), 1, [&units](std::size_t begin, std::size_t end, int) { units.run(begin, end); });
}

void matmul_shared(std::span<const MatmulCall> calls, ThreadPool& pool) {
  SG_CHECK(!calls.empty(), "no product");
  const ConstMatrixView x = calls[0].x;
  for (const MatmulCall& call : calls) {
    SG_CHECK(call.x.data == x.data && call.x.rows == x.rows && call.x.cols == x.cols && call.x.stride == x.stride,
             "the products are not of one x");
    SG_CHECK(x.cols == call.w.cols && x.cols > 0, "x and W disagree on the number of inputs");
    SG_CHECK(call.y.rows == x.rows && call.y.cols == call.w.rows, "y is not (rows of x) x (outputs)");
  }
  // Bounds a block of the packed rows; the weights are decoded once per pass.
  constexpr std::size_t kMostRows = 43 * 12;
  const std::size_t passes = (x.rows + kMostRows - 1) / kMostRows;
  if (passes == 0) return;
  const std::size_t rows_at_once = ((x.rows + passes - 1) / passes + kTile - 1) / kTile * kTile;
  for (std::size_t row0 = 0; row0 < x.rows; row0 += rows_at_once) {
    multiply_rows(calls, row0, std::min(rows_at_once, x.rows - row0), pool);
  }
}

void matmul(const MatmulCall& call, ThreadPool& pool) { matmul_shared({&call, 1}, pool); }

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
