// Which mixer a layer has, and the one that needs no state.
#include <algorithm>

#include "forward/blocks.h"
#include "forward/causal_conv.h"

namespace sg {

void mix(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run) {
  const Spec& spec = call.spec;
  const Mixer mixer = spec.recurrent.at(call.layer);
  if (mixer == Mixer::kAttention && spec.latent.kv_rank == 0 && !spec.gated_attention)
    return attention(call, in, out, ws, run);
  RunContext host = on_host(run);
  switch (mixer) {
    case Mixer::kAttention: return attention(call, in, out, ws, host);
    case Mixer::kDelta: return delta_rule(call, in, out, ws, host);
    case Mixer::kMamba: return mamba(call, in, out, ws, host);
    case Mixer::kMamba2:
    case Mixer::kFed: return mamba2(call, in, out, ws, host);
    case Mixer::kShortConv: return short_conv(call, in, out, ws, host);
    case Mixer::kBeside: return beside(call, in, out, ws, host);
    case Mixer::kNone: break;
  }
  SG_CHECK(false, "the layer mixes nothing");
}

/// Attention and Mamba 2 of one input, each with its factors, as Falcon-H1 adds them.
void beside(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run) {
  const Multipliers& m = call.spec.multipliers;
  const MatrixView other = ws.mlp_delta;  // free until the block's MLP
  const auto take_input = [&](float factor) {
    run.backend.copy(in, other);
    scale_rows(factor, other, run);
  };
  take_input(m.attention_in);
  attention(call, other, out, ws, run);
  scale_rows(m.attention_out, out, run);
  take_input(m.mix_in);
  mamba2(call, other, other, ws, run);
  scale_rows(m.mix_out, other, run);
  add_rows(other, out, run);
}

/// W_out (c * conv(b * x)), b, c and x being thirds of one projection (LFM2).
void short_conv(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run) {
  const RecurrentSpec& r = call.spec.recurrent;
  const RecurrentWeights& w = call.weights.recurrent;
  project(w.in, in, ws.mix_raw, run);
  const MatrixView b = ws.mix_raw.col_range(0, r.inner), c = ws.mix_raw.col_range(r.inner, r.inner),
                   x = ws.mix_raw.col_range(2 * r.inner, r.inner);
  multiply_rows(b, x, run);
  causal_conv(call.tokens, x, w.conv, w.conv_bias, r.conv, ws.mix_conv, run);
  multiply_rows(c, ws.mix_conv, run);
  project(w.out, ws.mix_conv, out, run);
}

}  // namespace sg
