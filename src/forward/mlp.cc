// The MLP branch: W_out (act(W_gate x) * W_in x), or W_out act(W_in x).
#include "forward/blocks.h"

namespace sg {

void mlp(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run) {
  const Spec& spec = call.spec;
  const LayerWeights& w = call.weights;
  const std::size_t f = spec.ffn_width;
  MatrixView hidden = ws.gate_up.col_range(0, f);
  switch (spec.mlp) {
    case MlpKind::kPlain:
      project(w.up, in, hidden, run);
      run.pool.parallel_for(in.rows, 1, [&](std::size_t begin, std::size_t end, int) {
        for (std::size_t r = begin; r < end; ++r) run.kernels.activate(spec.act, w.xielu, hidden.row(r), f);
      });
      break;
    case MlpKind::kGated: {
      const MatrixView up = ws.gate_up.col_range(f, f);
      if (spec.fused_gate_up) {
        project(w.gate_up, in, ws.gate_up, run);
      } else {
        project_all({{w.gate, hidden}, {w.up, up}}, in, run);
      }
      run.pool.parallel_for(in.rows, 1, [&](std::size_t begin, std::size_t end, int) {
        for (std::size_t r = begin; r < end; ++r) {
          run.kernels.activate(spec.act, w.xielu, hidden.row(r), f);
          run.kernels.multiply(up.row(r), hidden.row(r), f);
        }
      });
      break;
    }
  }
  project(w.down, hidden, out, run);
}

}  // namespace sg
