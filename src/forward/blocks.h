// The two branches of a block, and what every piece of the pass shares.
#pragma once

#include <initializer_list>

#include "forward/forward.h"
#include "forward/rope_table.h"
#include "forward/workspace.h"

namespace sg {

/// One block's call: everything its branches read.
struct LayerCall {
  const Spec& spec;
  const LayerWeights& weights;
  const TokenBatch& tokens;
  const RopeTables& ropes;
  std::size_t layer = 0;
};

/// out = W_O attention(in) [+ b_O], (rows x d_model); `in` is the normed stream.
void attention(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run);

/// out = W_out act(in), gated or plain, (rows x d_model).
void mlp(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run);

/// y = norm(x) row by row, shared out over the pool; y may be x.
void norm_rows(const Spec& spec, const NormWeights& weights, ConstMatrixView x, MatrixView y, RunContext& run);

/// y = x W^T + b.
void project(const Linear& linear, ConstMatrixView x, MatrixView y, RunContext& run);

/// Several projections of one x, at the price of preparing x once.
struct Projection {
  const Linear& linear;
  MatrixView y;
};
void project_all(std::initializer_list<Projection> projections, ConstMatrixView x, RunContext& run);

/// Rows per task of elementwise work: large enough to pay for handing it out.
inline constexpr std::size_t kRowGrain = 8;

}  // namespace sg
