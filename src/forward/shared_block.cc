// Zamba2's blocks of attention and MLP, which several layers share (arXiv:2411.15242). One reads the stream and, beside
// it, the stream's start; what it makes goes through a matrix of the layer's own to what the layer's mixer reads, and
// never to the stream.
#include <algorithm>

#include "forward/blocks.h"

namespace sg {

void keep_start(const Spec& spec, Workspace& ws, RunContext& run) {
  if (spec.shared_block.count > 0) run.backend.copy(ws.stream, ws.start);
}

void adapt(const Adapter& adapter, ConstMatrixView x, MatrixView y, Workspace& ws, RunContext& run) {
  const MatrixView high = ws.adapted.col_range(0, y.cols);
  project(adapter.down, x, ws.adapter_low, run);
  project(adapter.up, ws.adapter_low, high, run);
  add_rows(high, y, run);
}

ConstMatrixView read_by_mixer(const LayerCall& call, Workspace& ws, RunContext& run) {
  const Spec& spec = call.spec;
  if (spec.recurrent.at(call.layer) != Mixer::kFed) return ws.stream;
  const LayerWeights& w = call.weights;
  const std::size_t width = spec.width;
  run.backend.copy(ws.stream, ws.beside.col_range(0, width));
  run.backend.copy(ws.start, ws.beside.col_range(width, width));
  norm_rows(spec, w.shared_block.norm, ws.beside, ws.beside, run);
  const MatrixView made = ws.attn_delta;  // free until the mixer has read
  attention(call, ws.beside, made, ws, run);
  norm_rows(spec, w.mlp_in, made, made, run);
  const MatrixView added = ws.adapted.col_range(0, 2 * spec.ffn_width);
  project(w.shared_block.gate_up.down, made, ws.adapter_low, run);
  project(w.shared_block.gate_up.up, ws.adapter_low, added, run);
  const ExpertWeights mlp = {.gate = {}, .up = {}, .gate_up = w.gate_up, .down = w.down};
  feed_forward(call, {.w = mlp, .width = spec.ffn_width, .added = added}, made, ws.gate_up, ws.normed, run);
  project(w.shared_block.out, ws.normed, made, run);
  add_rows(ws.stream, made, run);
  return made;
}

}  // namespace sg
