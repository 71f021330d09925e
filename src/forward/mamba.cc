// Mamba (Gu, Dao 2023, arXiv:2312.00752), step by step: per channel a state with a decay for each of its entries, step,
// input and output chosen by the token. States are double. Jamba and Falcon-Mamba norm step, input and output
// first.
#include <algorithm>
#include <vector>

#include "forward/blocks.h"
#include "forward/causal_conv.h"
#include "forward/rounded.h"
#include "kernel/elementary.h"

namespace sg {
namespace {

// Channels per task. Any value gives the same bits.
constexpr std::size_t kChannels = 64;

void run_channels(const LayerCall& call, std::size_t sequence, std::size_t begin, std::size_t end, Workspace& ws) {
  const RecurrentSpec& r = call.spec.recurrent;
  const RecurrentWeights& w = call.weights.recurrent;
  const Precision p = call.spec.precision;  // of what enters and leaves the state
  std::vector<double> state((end - begin) * r.state), decay(state.size());
  for (std::size_t i = 0; i < decay.size(); ++i) {
    const double stored = static_cast<double>(w.decay[begin * r.state + i]);
    decay[i] = r.log_decay ? -exp_fixed(stored) : stored;
  }
  for (std::size_t row = call.tokens.begin(sequence); row < call.tokens.end(sequence); ++row) {
    const float *x = ws.mix_conv.row(row), *b = ws.mix_select.row(row) + r.rank, *c = b + r.state;
    for (std::size_t channel = begin; channel < end; ++channel) {
      double* h = state.data() + (channel - begin) * r.state;
      const double* a = decay.data() + (channel - begin) * r.state;
      const double step = rounded_double(p, softplus(static_cast<double>(ws.mix_sorted.row(row)[channel])));
      const double in = step * static_cast<double>(x[channel]);
      double y = 0;
      for (std::size_t n = 0; n < r.state; ++n) {
        h[n] = exp_fixed(a[n] * step) * h[n] + in * static_cast<double>(b[n]);
        y += rounded_double(p, h[n]) * static_cast<double>(c[n]);
      }
      y = rounded_double(p, y);
      y += rounded_double(p, static_cast<double>(w.skip[channel]) * static_cast<double>(x[channel]));
      ws.mix_result.row(row)[channel] = static_cast<float>(y);
    }
  }
}

}  // namespace

void mamba(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run) {
  const RecurrentSpec& r = call.spec.recurrent;
  const RecurrentWeights& w = call.weights.recurrent;
  project(w.in, in, ws.mix_raw, run);
  causal_conv(call.tokens, ws.mix_raw.col_range(0, r.inner), w.conv, w.conv_bias, r.conv, ws.mix_conv, run);
  activate_rows(Act::kSilu, ws.mix_conv, run);
  project(w.select, ws.mix_conv, ws.mix_select, run);
  const MatrixView step = ws.mix_select.col_range(0, r.rank), b = ws.mix_select.col_range(r.rank, r.state),
                   c = ws.mix_select.col_range(r.rank + r.state, r.state);
  if (r.inner_norms) {
    norm_rows(call.spec, r.inner_eps, w.step_norm, step, step, run);
    norm_rows(call.spec, r.inner_eps, w.in_norm, b, b, run);
    norm_rows(call.spec, r.inner_eps, w.out_norm, c, c, run);
  }
  project_then_bias(w.step, step, ws.mix_sorted.col_range(0, r.inner), run);
  const std::size_t pieces = (r.inner + kChannels - 1) / kChannels;
  run.pool().parallel_chunks(call.tokens.sequences() * pieces, 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t first = i % pieces * kChannels;
      run_channels(call, i / pieces, first, std::min(first + kChannels, r.inner), ws);
    }
  });
  round_rows(ws.mix_result, run);
  const MatrixView gate = ws.mix_raw.col_range(r.inner, r.inner);
  activate_rows(Act::kSilu, gate, run);
  multiply_rows(gate, ws.mix_result, run);
  project(w.out, ws.mix_result, out, run);
}

}  // namespace sg
