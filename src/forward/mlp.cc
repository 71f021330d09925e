// The MLP branch: W_out (act(W_gate x) * W_in x), or W_out act(W_in x).
#include <vector>

#include "forward/blocks.h"
#include "forward/feed_tap.h"
#include "forward/rounded.h"

namespace sg {

namespace {

/// Of every row: gate, up, gate, up, ... to all gates, then all ups.
void separate(MatrixView rows, RunContext& run) { run.backend.unpermute({.count = 1, .width = rows.cols}, rows); }

/// gate * sigmoid(slope * gate), in place.
void sloped(const Kernels& k, float slope, float* gate, std::size_t n) {
  constexpr float kQuick = 1.702f;
  if (slope == kQuick) return k.activate(Act::kGeluQuick, {}, gate, n);
  k.scale(slope, gate, n);
  k.activate(Act::kSilu, {}, gate, n);
  k.scale(1.0f / slope, gate, n);
}

/// gate = act(factor gate) up.
void gate_by_product(const Spec& spec, const XieluParams& xielu, MatrixView gate, ConstMatrixView up, RunContext& run) {
  const float factor = spec.multipliers.gate;
  if (run.precision == Precision::kFloat32)
    return run.backend.gate({.act = spec.act, .xielu = xielu, .factor = factor}, up, gate);
  scale_rows(factor, gate, run);
  activate_rows(spec, xielu, gate, run);
  multiply_rows(up, gate, run);
}

/// gpt-oss's gating of one row; a NaN stays.
void gate_clamped(const Spec& spec, float* gate, float* up, std::size_t n, const RunContext& run) {
  const Kernels& k = run.kernels();
  const float limit = spec.experts.clamp_limit;
  for (std::size_t j = 0; j < n; ++j) gate[j] = gate[j] > limit ? limit : gate[j];
  k.clamp(limit, up, n);
  if (run.precision != Precision::kFloat32)
    return gate_clamped_by_parts(spec.experts.clamp_slope, gate, up, n, run.precision);
  for (std::size_t j = 0; j < n; ++j) up[j] += 1.0f;
  sloped(k, spec.experts.clamp_slope, gate, n);
  k.multiply(up, gate, n);
}

/// gate = what the two make together.
void gate_with(const Spec& spec, const XieluParams& xielu, const FeedForward& ff, MatrixView gate, MatrixView up,
               RunContext& run) {
  switch (ff.gating) {
    case Gating::kProduct: return gate_by_product(spec, xielu, gate, up, run);
    case Gating::kClamped: break;
  }
  scale_rows(spec.multipliers.gate, gate, run);
  run.pool().parallel_for(gate.rows, 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) gate_clamped(spec, gate.row(r), up.row(r), gate.cols, run);
  });
}

}  // namespace

void feed_forward(const LayerCall& call, const FeedForward& ff, ConstMatrixView in, MatrixView scratch, MatrixView out,
                  RunContext& run) {
  const Spec& spec = call.spec;
  const ExpertWeights& w = ff.w;
  const XieluParams& xielu = call.weights.xielu;
  const std::size_t f = ff.width;
  const MatrixView hidden = scratch.col_range(0, f);
  switch (spec.mlp) {
    case MlpKind::kPlain:
      project_part(spec, w.up, in, hidden, run);
      activate_rows(spec, xielu, hidden, run);
      break;
    case MlpKind::kGated: {
      const MatrixView up = scratch.col_range(f, f);
      if (w.gate_up) {
        project_part(spec, w.gate_up, in, scratch.col_range(0, 2 * f), run);
        if (ff.added.cols > 0) add_rows(ff.added, scratch.col_range(0, 2 * f), run);
      } else {
        if (adds_bias_apart(spec, run.precision)) {
          project_part(spec, w.gate, in, hidden, run);
          project_part(spec, w.up, in, up, run);
        } else {
          project_all({{w.gate, hidden}, {w.up, up}}, in, run);
        }
      }
      if (ff.interleaved) separate(scratch.col_range(0, 2 * f), run);
      gate_with(spec, xielu, ff, hidden, up, run);
      break;
    }
  }
  project_part(spec, w.down, hidden, out, run);
  scale_rows(spec.multipliers.down, out, run);
}

void mlp(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run) {
  const ExpertSpec& spec = call.spec.experts;
  const LayerWeights& w = call.weights;
  if (spec.at(call.layer) && !spec.router.beside_dense) return experts(call, in, out, ws, run);
  const ExpertWeights dense = {.gate = w.gate, .up = w.up, .gate_up = w.gate_up, .down = w.down};
  feed_forward(call, {.w = dense, .width = call.spec.ffn_width}, in, ws.gate_up, out, run);
  FeedTap* feed = feed_tap(run, call.layer);
  if (feed != nullptr) {
    feed->fed({.layer = call.layer,
               .network = Network::kDense,
               .hidden = ws.gate_up.col_range(0, call.spec.ffn_width),
               .down = &dense.down});
  }
  if (!spec.at(call.layer)) return;
  if (feed != nullptr) feed->summed(Summed::kDense, &w.dense_out, out);
  norm_rows(call.spec, w.dense_out, out, ws.dense_out, run);
  norm_rows(call.spec, w.expert_in, ws.stream, ws.normed, run);
  experts(call, ws.normed, out, ws, run);
  if (feed != nullptr) feed->summed(Summed::kExperts, &w.expert_out, out);
  norm_rows(call.spec, w.expert_out, out, out, run);
  add_rows(ws.dense_out, out, run);
}

}  // namespace sg
