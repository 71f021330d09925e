// Gemma 4's third branch: each layer has an embedding of its own, a part of a second table and of a projection of the
// first embedding, which its gate lets into the stream. Then the stream is multiplied by a learned number.
#include <algorithm>
#include <cmath>

#include "forward/blocks.h"
#include "forward/causal_conv.h"

namespace sg {

void prepare_layer_inputs(const Spec& spec, const OuterWeights& w, const TokenBatch& tokens, Workspace& ws,
                          RunContext& run) {
  RunContext host = on_host(run);
  const std::size_t p = spec.layer_input;
  const MatrixView inputs = ws.layer_inputs;
  std::vector<std::size_t> ids(tokens.rows());
  for (std::size_t r = 0; r < ids.size(); ++r) ids[r] = static_cast<std::size_t>(tokens.id(r));
  bring_rows(w.layer_inputs, ids);
  bring(w.input_project.w);
  project(w.input_project, ws.stream, inputs, host);
  scale_rows(static_cast<float>(1 / std::sqrt(static_cast<double>(spec.width))), inputs, host);
  for (std::size_t l = 0; l < spec.layers; ++l) {
    const MatrixView own = inputs.col_range(l * p, p);
    norm_rows(spec, w.input_norm, own, own, host);
  }
  const auto half = static_cast<float>(std::sqrt(0.5));
  host.pool().parallel_for(ids.size(), kRowGrain, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> row(inputs.cols);
    for (std::size_t r = begin; r < end; ++r) {
      decode_row(w.layer_inputs, ids[r], row.data(), host);
      host.kernels().scale(spec.layer_input_scale, row.data(), row.size());
      round_to(host.precision, row.data(), row.size());
      host.kernels().add(row.data(), inputs.row(r), row.size());
      round_to(host.precision, inputs.row(r), row.size());
      host.kernels().scale(half, inputs.row(r), row.size());
      round_to(host.precision, inputs.row(r), row.size());
    }
  });
}

void finish_block(const LayerCall& call, Workspace& ws, RunContext& run) {
  const std::size_t p = call.spec.layer_input;
  const LayerWeights& w = call.weights;
  if (p > 0) {
    const MatrixView gate = ws.gate_up.col_range(0, p);
    project(w.input_gate, ws.stream, gate, run);
    activate_rows(call.spec.act, gate, run);
    multiply_rows(ws.layer_inputs.col_range(call.layer * p, p), gate, run);
    project(w.input_out, gate, ws.normed, run);
    norm_rows(call.spec, w.input_norm_out, ws.normed, ws.normed, run);
    add_rows(ws.normed, ws.stream, run);
  }
  scale_rows(w.scale, ws.stream, run);
}

}  // namespace sg
