// Which mixer a layer has, and the one that needs no state.
#include "forward/blocks.h"
#include "forward/causal_conv.h"

namespace sg {

void mix(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run) {
  switch (call.spec.recurrent.at(call.layer)) {
    case Mixer::kAttention: return attention(call, in, out, ws, run);
    case Mixer::kDelta: return delta_rule(call, in, out, ws, run);
    case Mixer::kMamba: return mamba(call, in, out, ws, run);
    case Mixer::kMamba2: return mamba2(call, in, out, ws, run);
    case Mixer::kShortConv: return short_conv(call, in, out, ws, run);
  }
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
