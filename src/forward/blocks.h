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

/// Fills ws.qkv from the normed stream: projected, normed, clipped, rotated and scaled as the family has it; and
/// ws.gated_queries of gated attention.
void prepare_qkv(const LayerCall& call, ConstMatrixView in, Workspace& ws, RunContext& run);

/// What the layer's mixer makes of the normed stream, (rows x d_model): attention, or a recurrence from each sequence's
/// start.
void mix(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run);
void delta_rule(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run);
void mamba(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run);
void beside(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run);
void mamba2(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run);
void short_conv(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run);

/// What the norm before the layer's mixer reads: the stream; or the stream and, added to it, what a shared block of
/// attention and MLP makes of it, in ws.attn_delta. The stream itself does not get that.
ConstMatrixView read_by_mixer(const LayerCall& call, Workspace& ws, RunContext& run);
/// Of models with shared blocks, what they read beside the stream: its start.
void keep_start(const Spec& spec, Workspace& ws, RunContext& run);
/// y += what the adapter makes of x.
void adapt(const Adapter& adapter, ConstMatrixView x, MatrixView y, Workspace& ws, RunContext& run);

/// Queries, keys and values of latent attention, head by head as of three projections, the rotated part of each head
/// not rotated yet.
void project_latent(const LayerCall& call, ConstMatrixView in, MatrixView qkv, Workspace& ws, RunContext& run);

/// out = W_out act(in), gated or plain, (rows x d_model); or what the layer's experts make of it; or both, each normed
/// on its own, the experts and their router reading the stream by themselves.
void mlp(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run);

/// The weights of one feed-forward network of a block, whose hidden layer is `width` wide; `clamped`: gpt-oss's gating.
struct FeedForward {
  const ExpertWeights& w;
  std::size_t width;
  Gating gating = Gating::kProduct;
  bool interleaved = false;    // gate and up alternate in what one makes, or both one after another
  ConstMatrixView added = {};  // to gate and up, (rows x 2 width), or nothing
};
/// `scratch` is (rows x 2 width) for a gated one, (rows x width) for a plain one.
void feed_forward(const LayerCall& call, const FeedForward& ff, ConstMatrixView in, MatrixView scratch, MatrixView out,
                  RunContext& run);

/// What every layer takes from the second embedding, (rows x layers * layer_input), made from the stream's start.
void prepare_layer_inputs(const Spec& spec, const OuterWeights& w, const TokenBatch& tokens, Workspace& ws,
                          RunContext& run);
/// The end of a block that has more than two branches: the layer's own input is added to the stream, and the stream is
/// multiplied by the layer's number. Nothing of other blocks.
void finish_block(const LayerCall& call, Workspace& ws, RunContext& run);

/// The routed and the shared experts of a layer. Tokens are grouped by expert, so that the weights of each chosen one
/// are read once per batch and those of the others never. Per token the experts' outputs are added in ascending order.
void experts(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run);

// What follows is rounded to the run's precision, each result once: the one place where most of a pass is.

/// Row `index` of a stored table, decoded.
void decode_row(const WeightView& table, std::size_t index, float* out, const RunContext& run);
/// Row i of y = row ids[i] of the table.
void decode_rows(const WeightView& table, std::span<const std::size_t> ids, MatrixView y, RunContext& run);

/// y = norm(x) row by row; y may be x.
void norm_rows(const Spec& spec, const NormWeights& weights, ConstMatrixView x, MatrixView y, RunContext& run);
/// The same with a constant of its own.
void norm_rows(const Spec& spec, double eps, const NormWeights& weights, ConstMatrixView x, MatrixView y,
               RunContext& run);

/// The norm of every head by itself, in place; head h has the gains from h * gain_step on.
void norm_heads(const Spec& spec, const NormWeights& weights, const HeadColumns& heads, std::size_t gain_step,
                MatrixView x, RunContext& run);

/// x = factor x, row by row; nothing for 1.
void scale_rows(float factor, MatrixView x, RunContext& run);
/// x = x + delta, row by row.
void add_rows(ConstMatrixView delta, MatrixView x, RunContext& run);
/// y = y x, number by number.
void multiply_rows(ConstMatrixView x, MatrixView y, RunContext& run);
/// x = act(x).
void activate_rows(Act act, MatrixView x, RunContext& run);

/// y = x W^T + b; of a narrower precision, with W rounded to it.
void project(const Linear& linear, ConstMatrixView x, MatrixView y, RunContext& run);
/// The same, y left in float32.
void project_unrounded(const Linear& linear, ConstMatrixView x, MatrixView y, RunContext& run);

/// Several projections of one x, at the price of preparing x once.
struct Projection {
  const Linear& linear;
  MatrixView y;
};
void project_all(std::initializer_list<Projection> projections, ConstMatrixView x, RunContext& run);

/// Rows per task of elementwise work: large enough to pay for handing it out.
inline constexpr std::size_t kRowGrain = 8;

}  // namespace sg
