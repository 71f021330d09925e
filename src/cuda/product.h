// y = x W^T + bias as tiles of outputs: a block of threads holds one, each thread a few of its sums in registers, and
// x and W pass by in slabs of kRun inputs through shared memory. Per output the order of docs/numerics.md: fused
// multiply-adds from 0 over each 256 inputs, the sums of these blocks ascending, then the bias. Tiling after Volkov and
// Demmel, Benchmarking GPUs to tune dense linear algebra (2008).
#pragma once

#include "cuda/stored_weight.h"
#include "kernel/kernels.h"

namespace sg::cuda {

/// 16 x 16 threads with kRows x kOutputs sums each.
template <unsigned kThreadRows, unsigned kThreadOutputs>
struct TileShape {
  static constexpr unsigned kThreads = 256, kSide = 16;
  static constexpr unsigned kOwnRows = kThreadRows, kOwnOutputs = kThreadOutputs;
  static constexpr unsigned kRows = kSide * kThreadRows, kOutputs = kSide * kThreadOutputs;
  static_assert(kRows + kOutputs <= kThreads && kThreadOutputs % 4 == 0);

  /// Row i, output j of a thread within the tile. Fours of outputs lie beside those of the neighbouring thread, so
  /// that a warp reads shared memory without conflicts.
  SG_DEVICE static unsigned row(unsigned thread, unsigned i) { return thread / kSide * kThreadRows + i; }
  SG_DEVICE static unsigned output(unsigned thread, unsigned j) {
    return j / 4 * (4 * kSide) + thread % kSide * 4 + j % 4;
  }
};
using WideTile = TileShape<8, 8>;    // of many rows: the most operations for what is read
using MediumTile = TileShape<4, 8>;  // of enough rows for twice as many blocks
using FlatTile = TileShape<1, 8>;    // of a few rows
using SquareTile = TileShape<4, 4>;  // of attention

/// What one product is of; Weights has run(output, first, count, to).
template <class Weights>
struct Factors {
  FloatRows x;  // (rows x inputs)
  Weights w;    // (outputs x inputs)
  const float* bias;
  float* y;
  std::size_t y_stride;
  unsigned rows, outputs, inputs;
};

/// kRun inputs of kWidth rows of x or outputs of W, input by input.
template <unsigned kWidth>
struct Slab {
  Four fours[kRun][kWidth / 4];
  SG_DEVICE Column column(unsigned i) { return {&fours[0][0].of[0] + i, kWidth}; }
};

/// kCount numbers of an input, those of `place(i)`; fours that stand side by side are read at once.
template <unsigned kCount, unsigned kWidth, class Place>
SG_DEVICE void read_input(const Slab<kWidth>& slab, unsigned k, const Place& place, float (&to)[kCount]) {
  SG_UNROLLED for (unsigned i = 0; i < kCount; i += 4) {
    const Four four = slab.fours[k][place(i) / 4];
    if constexpr (kCount % 4 == 0) {
      SG_UNROLLED for (unsigned j = 0; j < 4; ++j) to[i + j] = four.of[j];
    } else {
      to[i] = four.of[place(i) % 4];
    }
  }
}

/// What a thread keeps of a tile: its sums over the block of inputs at hand.
template <class Shape>
struct OwnSums {
  float of[Shape::kOwnRows][Shape::kOwnOutputs];

  SG_DEVICE void clear() {
    SG_UNROLLED for (auto& row : of) { SG_UNROLLED for (float& sum : row) sum = 0.0f; }
  }
  SG_DEVICE void add(const Slab<Shape::kRows>& x, const Slab<Shape::kOutputs>& w, unsigned k, unsigned thread) {
    float own_x[Shape::kOwnRows], own_w[Shape::kOwnOutputs];
    read_input(
        x, k, [&](unsigned i) { return Shape::row(thread, i); }, own_x);
    read_input(
        w, k, [&](unsigned j) { return Shape::output(thread, j); }, own_w);
    SG_UNROLLED for (unsigned i = 0; i < Shape::kOwnRows; ++i) {
      SG_UNROLLED for (unsigned j = 0; j < Shape::kOwnOutputs; ++j) of[i][j] = fused(own_x[i], own_w[j], of[i][j]);
    }
  }
};

/// The outputs of the tile from (row0, output0).
template <class Shape, class Weights>
SG_DEVICE void multiply_tile(const Block& block, const Factors<Weights>& f, unsigned row0, unsigned output0) {
  SG_SHARED Slab<Shape::kRows> x;
  SG_SHARED Slab<Shape::kOutputs> w;
  PerThread<OwnSums<Shape>, Shape::kThreads> sums;
  const auto idle = [&](unsigned thread) {
    return row0 + Shape::row(thread, 0) >= f.rows || output0 + Shape::output(thread, 0) >= f.outputs;
  };
  for (unsigned k0 = 0; k0 < f.inputs; k0 += kMatmulBlock) {
    const unsigned end = f.inputs - k0 < kMatmulBlock ? f.inputs : k0 + kMatmulBlock;
    for (unsigned slab = k0; slab < end; slab += kRun) {
      const unsigned count = end - slab < kRun ? end - slab : kRun;
      block.each([&](unsigned thread) {
        const unsigned output = output0 + thread, row = row0 + thread - Shape::kOutputs;
        if (thread < Shape::kOutputs) {
          if (output < f.outputs) f.w.run(output, slab, count, w.column(thread));
        } else if (thread < Shape::kOutputs + Shape::kRows && row < f.rows) {
          f.x.run(row, slab, count, x.column(thread - Shape::kOutputs));
        }
      });
      block.each([&](unsigned thread) {
        if (slab == k0) sums[thread].clear();
        if (idle(thread)) return;
        if (count == kRun) {
          SG_UNROLLED_BY_4 for (unsigned k = 0; k < kRun; ++k) sums[thread].add(x, w, k, thread);
        } else {
          for (unsigned k = 0; k < count; ++k) sums[thread].add(x, w, k, thread);
        }
      });
    }
    // The sums so far stand in y.
    block.each([&](unsigned thread) {
      const unsigned from_row = anew(row0), from_output = anew(output0);
      SG_UNROLLED for (unsigned i = 0; i < Shape::kOwnRows; ++i) {
        SG_UNROLLED for (unsigned j = 0; j < Shape::kOwnOutputs; ++j) {
          const unsigned row = from_row + Shape::row(thread, i), output = from_output + Shape::output(thread, j);
          if (row >= f.rows || output >= f.outputs) continue;
          float& y = f.y[row * f.y_stride + output];
          float sum = sums[thread].of[i][j];
          if (k0 > 0) sum = y + sum;
          if (end == f.inputs && f.bias != nullptr) sum = sum + f.bias[output];
          y = sum;
        }
      }
    });
  }
}

/// Tiles of outputs along the grid's x, of rows along its y.
struct ProductCall {
  FloatRows x;
  StoredWeight w;
  const float* bias;
  float* y;
  std::size_t y_stride;
  unsigned rows, outputs, inputs;
};
template <class Shape, class Weights>
SG_DEVICE void product(const Block& block, const ProductCall& c) {
  const Factors<Weights> factors = {c.x, {c.w}, c.bias, c.y, c.y_stride, c.rows, c.outputs, c.inputs};
  multiply_tile<Shape>(block, factors, block.y() * Shape::kRows, block.x() * Shape::kOutputs);
}

/// Row r of y is row ids[r] of a stored table; threads share the runs of a row, rows along the grid's x.
struct EmbeddingCall {
  StoredWeight table;
  const std::uint32_t* ids;
  float* y;
  std::size_t y_stride;
  unsigned cols;
};
inline constexpr unsigned kEmbeddingThreads = 64;
SG_DEVICE void embedding(const Block& block, const EmbeddingCall& call) {
  block.each([&](unsigned thread) {
    float* row = call.y + block.x() * call.y_stride;
    for (unsigned c = thread * kRun; c < call.cols; c += kEmbeddingThreads * kRun) {
      const unsigned count = call.cols - c < kRun ? call.cols - c : kRun;
      call.table.run(call.ids[block.x()], c, count, {row + c, 1});
    }
  });
}

}  // namespace sg::cuda
