// Mamba 2 (Dao, Gu 2024, arXiv:2405.21060), step by step: per head a state (channels x state) with one decay, in double
// and one order. The result is gated and then normed group by group.
#include <algorithm>
#include <cmath>
#include <vector>

#include "forward/blocks.h"
#include "forward/causal_conv.h"
#include "forward/rounded.h"
#include "kernel/elementary.h"

namespace sg {
namespace {

void run_head(const LayerCall& call, std::size_t sequence, std::size_t head, Workspace& ws) {
  const RecurrentSpec& r = call.spec.recurrent;
  const RecurrentWeights& w = call.weights.recurrent;
  const std::size_t group = head / (r.heads / r.groups), steps = r.inner + r.conv_width();
  const double stored = static_cast<double>(w.decay[head]);
  const double decay = r.log_decay ? -exp_fixed(stored) : stored, bias = static_cast<double>(w.step_bias[head]),
               skip = static_cast<double>(w.skip[head]);
  const Precision precision = call.spec.precision;  // of the step; what leaves the state is float32
  std::vector<double> state(r.head_dim * r.state);
  for (std::size_t row = call.tokens.begin(sequence); row < call.tokens.end(sequence); ++row) {
    const float* mixed = ws.mix_conv.row(row);
    const float *x = mixed + head * r.head_dim, *b = mixed + r.inner + group * r.state, *c = b + r.groups * r.state;
    const double shifted = rounded_double(precision, static_cast<double>(ws.mix_raw.row(row)[steps + head]) + bias);
    const double raw = rounded_double(precision, softplus(shifted));
    const double step = std::min(std::max(raw, r.step_least), r.step_most);
    const double keep = exp_fixed(decay * step);
    float* out = ws.mix_result.row(row) + head * r.head_dim;
    for (std::size_t p = 0; p < r.head_dim; ++p) {
      double* h = state.data() + p * r.state;
      const double in = step * static_cast<double>(x[p]);
      double y = 0;
      for (std::size_t n = 0; n < r.state; ++n) {
        h[n] = keep * h[n] + in * static_cast<double>(b[n]);
        y += h[n] * static_cast<double>(c[n]);
      }
      out[p] = static_cast<float>(y + skip * static_cast<double>(x[p]));
    }
  }
}

/// Falcon-H1's factors of the gate, x, B, C and the steps.
void scale_parts(const Spec& spec, MatrixView raw, RunContext& run) {
  const RecurrentSpec& r = spec.recurrent;
  const std::vector<float>& factors = spec.multipliers.mix_parts;
  const std::size_t select = r.groups * r.state, widths[] = {r.inner, r.inner, select, select, r.heads};
  std::size_t column = 0;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    scale_rows(round_to(run.precision, factors[i]), raw.col_range(column, widths[i]), run);
    column += widths[i];
  }
}

/// `exact` does not round.
void gate_result(const LayerCall& call, Workspace& ws, RunContext& exact) {
  const MatrixView gate = ws.mix_raw.col_range(0, call.spec.recurrent.inner);
  activate_rows(Act::kSilu, gate, exact);
  multiply_rows(gate, ws.mix_result, exact);
}

void norm_result(const LayerCall& call, Workspace& ws, RunContext& exact) {
  const RecurrentSpec& r = call.spec.recurrent;
  const std::size_t per_group = r.inner / r.groups;
  for (std::size_t g = 0; g < r.groups; ++g) {
    const MatrixView part = ws.mix_result.col_range(g * per_group, per_group);
    const float* gain = call.weights.recurrent.norm.gain + g * per_group;
    norm_rows(call.spec, r.inner_eps, {.gain = gain, .bias = nullptr}, part, part, exact);
  }
}

}  // namespace

void mamba2(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run) {
  const RecurrentSpec& r = call.spec.recurrent;
  const RecurrentWeights& w = call.weights.recurrent;
  project(w.in, in, ws.mix_raw, run);
  scale_parts(call.spec, ws.mix_raw, run);
  causal_conv(call.tokens, ws.mix_raw.col_range(r.inner, r.conv_width()), w.conv, w.conv_bias, r.conv, ws.mix_conv,
              run);
  activate_rows(Act::kSilu, ws.mix_conv, run);
  const std::size_t tasks = call.tokens.sequences() * r.heads;
  run.pool().parallel_chunks(tasks, 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) run_head(call, i / r.heads, i % r.heads, ws);
  });
  RunContext exact = unrounded(run);
  switch (r.norm) {
    case MixNorm::kNone: gate_result(call, ws, exact); break;
    case MixNorm::kAfterGate:
      gate_result(call, ws, exact);
      norm_result(call, ws, exact);
      break;
    case MixNorm::kBeforeGate:
      norm_result(call, ws, exact);
      gate_result(call, ws, exact);
      break;
  }
  round_rows(ws.mix_result, run);
  project(w.out, ws.mix_result, out, run);
}

}  // namespace sg
