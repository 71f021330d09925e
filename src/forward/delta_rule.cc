// The gated delta rule (Yang, Kautz, Hatamizadeh 2024, arXiv:2412.06464), step by step: from each sequence's start, per
// value head, a state S (key channels x value channels) that decays, is corrected towards what it should have answered,
// and answers. States and sums are double, each in one order, so that no chunking shows.
#include <algorithm>
#include <cmath>
#include <vector>

#include "forward/blocks.h"
#include "forward/causal_conv.h"
#include "forward/rounded.h"
#include "kernel/elementary.h"

namespace sg {
namespace {

/// Columns of one token: queries, keys, values, gate z, beta, alpha.
struct Columns {
  const RecurrentSpec& r;
  std::size_t keys() const { return r.groups * r.state; }
  std::size_t gate() const { return r.conv_width(); }
  std::size_t beta() const { return gate() + r.inner; }
  std::size_t alpha() const { return beta() + r.heads; }
};

/// Qwen3-Next's projections stand key head by key head: [q, k, its values, its gates], and [its betas, its alphas].
void sort_row(const RecurrentSpec& r, const float* raw, float* sorted) {
  const Columns at{r};
  const std::size_t per = r.heads / r.groups, values = per * r.head_dim, d = r.state;
  for (std::size_t j = 0; j < r.groups; ++j) {
    const float* group = raw + j * (2 * d + 2 * values);
    std::copy_n(group, d, sorted + j * d);
    std::copy_n(group + d, d, sorted + at.keys() + j * d);
    std::copy_n(group + 2 * d, values, sorted + 2 * at.keys() + j * values);
    std::copy_n(group + 2 * d + values, values, sorted + at.gate() + j * values);
  }
}

/// The gates of a projection that stands key head by key head.
void sort_gates(const RecurrentSpec& r, const float* gates, float* sorted) {
  const Columns at{r};
  const std::size_t per = r.heads / r.groups;
  for (std::size_t j = 0; j < r.groups; ++j) {
    std::copy_n(gates + j * 2 * per, per, sorted + at.beta() + j * per);
    std::copy_n(gates + j * 2 * per + per, per, sorted + at.alpha() + j * per);
  }
}

void project_parts(const LayerCall& call, ConstMatrixView in, Workspace& ws, RunContext& run) {
  const RecurrentSpec& r = call.spec.recurrent;
  const RecurrentWeights& w = call.weights.recurrent;
  const Columns at{r};
  if (!r.by_key_head && r.gates_by_key_head) {
    const MatrixView gates = ws.mix_raw.col_range(at.beta(), 2 * r.heads);
    project_all({{w.in, ws.mix_sorted.col_range(0, r.conv_width())},
                 {w.gate, ws.mix_sorted.col_range(at.gate(), r.inner)},
                 {w.beta, gates}},
                in, run);
    for (std::size_t row = 0; row < in.rows; ++row) sort_gates(r, gates.row(row), ws.mix_sorted.row(row));
    return;
  }
  if (!r.by_key_head) {
    project_all({{w.in, ws.mix_sorted.col_range(0, r.conv_width())},
                 {w.gate, ws.mix_sorted.col_range(at.gate(), r.inner)},
                 {w.beta, ws.mix_sorted.col_range(at.beta(), r.heads)},
                 {w.alpha, ws.mix_sorted.col_range(at.alpha(), r.heads)}},
                in, run);
    return;
  }
  project_all({{w.in, ws.mix_raw.col_range(0, at.beta())}, {w.beta, ws.mix_raw.col_range(at.beta(), 2 * r.heads)}}, in,
              run);
  for (std::size_t row = 0; row < in.rows; ++row) {
    sort_row(r, ws.mix_raw.row(row), ws.mix_sorted.row(row));
    sort_gates(r, ws.mix_raw.row(row) + at.beta(), ws.mix_sorted.row(row));
  }
}

/// x / |x|, the norm with a floor under its square, times `factor`.
void normalise(const float* x, std::size_t n, double factor, double* out) {
  constexpr double kFloor = 1e-6;  // of the reference
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  const double scale = factor / std::sqrt(sum + kFloor);
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<double>(x[i]) * scale;
}

/// One value head of one sequence. `q` and `k` are of one token, `answer` and the state double.
class HeadState {
 public:
  HeadState(std::size_t keys, std::size_t values)
      : values_(values), state_(keys * values), q(keys), k(keys), answer(values) {}

  /// Decays by `keep`, then moves what the key answers towards v by the share `beta`, then asks with q.
  void step(double keep, double beta, const float* v) {
    std::fill(answer.begin(), answer.end(), 0.0);
    for (std::size_t i = 0; i < k.size(); ++i) {
      double* row = state_.data() + i * values_;
      for (std::size_t j = 0; j < values_; ++j) {
        row[j] *= keep;
        answer[j] += row[j] * k[i];
      }
    }
    for (std::size_t j = 0; j < values_; ++j) answer[j] = beta * (static_cast<double>(v[j]) - answer[j]);
    const std::vector<double> change = answer;
    std::fill(answer.begin(), answer.end(), 0.0);
    for (std::size_t i = 0; i < k.size(); ++i) {
      double* row = state_.data() + i * values_;
      for (std::size_t j = 0; j < values_; ++j) {
        row[j] += k[i] * change[j];
        answer[j] += row[j] * q[i];
      }
    }
  }

 private:
  std::size_t values_;
  std::vector<double> state_;

 public:
  std::vector<double> q, k, answer;
};

void run_head(const LayerCall& call, std::size_t sequence, std::size_t head, Workspace& ws) {
  const RecurrentSpec& r = call.spec.recurrent;
  const RecurrentWeights& w = call.weights.recurrent;
  const Columns at{r};
  const std::size_t group = r.key_head(head);
  const double stored = static_cast<double>(w.decay[head]);
  const double decay = r.log_decay ? -exp_fixed(stored) : stored, bias = static_cast<double>(w.step_bias[head]);
  HeadState state(r.state, r.head_dim);
  for (std::size_t row = call.tokens.begin(sequence); row < call.tokens.end(sequence); ++row) {
    const float *mixed = ws.mix_conv.row(row), *raw = ws.mix_sorted.row(row);
    normalise(mixed + group * r.state, r.state, 1 / std::sqrt(static_cast<double>(r.state)), state.q.data());
    normalise(mixed + at.keys() + group * r.state, r.state, 1, state.k.data());
    const double keep = exp_fixed(decay * softplus(static_cast<double>(raw[at.alpha() + head]) + bias));
    const double beta = rounded_double(call.spec.precision, sigmoid(static_cast<double>(raw[at.beta() + head])));
    state.step(keep, beta, mixed + 2 * at.keys() + head * r.head_dim);
    float* out = ws.mix_result.row(row) + head * r.head_dim;
    for (std::size_t j = 0; j < r.head_dim; ++j) out[j] = static_cast<float>(state.answer[j]);
  }
}

}  // namespace

void delta_rule(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run) {
  const RecurrentSpec& r = call.spec.recurrent;
  const RecurrentWeights& w = call.weights.recurrent;
  project_parts(call, in, ws, run);
  causal_conv(call.tokens, ws.mix_sorted.col_range(0, r.conv_width()), w.conv, w.conv_bias, r.conv, ws.mix_conv, run);
  activate_rows(Act::kSilu, ws.mix_conv, run);
  const std::size_t tasks = call.tokens.sequences() * r.heads;
  run.pool().parallel_chunks(tasks, 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) run_head(call, i / r.heads, i % r.heads, ws);
  });
  round_rows(ws.mix_result, run);
  for (std::size_t h = 0; h < r.heads; ++h) {
    const MatrixView head = ws.mix_result.col_range(h * r.head_dim, r.head_dim);
    norm_then_gain(call.spec, w.norm.gain, head, head, run);
  }
  const MatrixView gate = ws.mix_sorted.col_range(Columns{r}.gate(), r.inner);
  RunContext exact = unrounded(run);
  activate_rows(Act::kSilu, gate, exact);
  multiply_rows(gate, ws.mix_result, run);
  project(w.out, ws.mix_result, out, run);
}

}  // namespace sg
