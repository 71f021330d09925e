// The attention branch: what each head attends, output projection. What is attended with: qkv.cc.
#include <cmath>
#include <vector>

#include "forward/blocks.h"
#include "forward/causal_conv.h"
#include "forward/cpu_backend.h"
#include "forward/qkv_columns.h"
#include "forward/rounded.h"

namespace sg {
namespace {

/// What every head attends times the sigmoid of its gate.
void gate_context(const LayerCall& call, ConstMatrixView gated, MatrixView context, RunContext& run) {
  if (!call.spec.gated_attention) return;
  const std::size_t d = call.spec.head_dim;
  run.pool().parallel_for(context.rows, kRowGrain, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) {
      for (std::size_t i = 0; i < context.cols; ++i) {
        const float gate = gated.row(r)[(2 * (i / d) + 1) * d + i % d];
        context.row(r)[i] *= round_to(run.precision, static_cast<float>(sigmoid(static_cast<double>(gate))));
      }
      round_to(run.precision, context.row(r), context.cols);
    }
  });
}

/// Press, Smith, Lewis 2021 (arXiv:2108.12409), section 3; head counts that are no power of two take every second
/// slope of the next power.
float alibi_slope(std::size_t head, std::size_t heads) {
  std::size_t power = 1;
  while (power * 2 <= heads) power *= 2;
  if (head < power)
    return static_cast<float>(std::exp2(-8.0 * static_cast<double>(head + 1) / static_cast<double>(power)));
  return static_cast<float>(std::exp2(-4.0 * static_cast<double>(2 * (head - power) + 1) / static_cast<double>(power)));
}

std::vector<float> alibi_slopes(const Spec& spec) {
  switch (spec.positions) {
    case PositionKind::kRotary:
    case PositionKind::kLearned: return {};
    case PositionKind::kAlibi:
    case PositionKind::kAlibiScaled: break;
  }
  std::vector<float> slopes(spec.heads);
  for (std::size_t h = 0; h < spec.heads; ++h) slopes[h] = alibi_slope(h, spec.heads);
  return slopes;
}

Attended attended_rows(const LayerCall& call, ConstMatrixView context) {
  const std::size_t numbers = context.rows * call.spec.heads;
  Attended seen = {.layer = call.layer,
                   .heads = call.spec.heads,
                   .first_mass = std::vector<double>(numbers),
                   .marked_mass = std::vector<double>(numbers),
                   .entropy = std::vector<double>(numbers),
                   .context = context,
                   .output = &call.weights.o};
  if (has(call.spec.norm_at, NormAt::kOutput)) seen.norm = &call.weights.attn_out;
  return seen;
}

/// ws.context from ws.qkv. Rounding and watchers are the host's (run_forward).
void attend(const LayerCall& call, const Watch* watch, Workspace& ws, RunContext& run) {
  const Spec& spec = call.spec;
  const QkvColumns columns(spec);
  const std::vector<float> slopes = alibi_slopes(spec);
  const AttentionCall heads = {
      .qkv = ws.qkv,
      .context = ws.context,
      .starts = call.tokens.starts(),
      .q = columns.q,
      .k = columns.k,
      .v = columns.v,
      .sees = spec.attention[call.layer],
      .positions = spec.positions,
      .scale = scales_queries(spec, run.precision) ? 1.0f : spec.attention[call.layer].score_scale,
      .cap = spec.score_cap,
      .slopes = slopes,
      .sinks = call.weights.sinks};
  if (run.precision == Precision::kFloat32 && watch == nullptr) return run.backend.attention(heads);
  run.backend.host().attention(heads, {.precision = run.precision,
                                       .float32_scores = spec.family->half.float32_scores,
                                       .float32_bias = spec.family->half.float32_bias,
                                       .watch = watch});
}

}  // namespace

void attention(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run) {
  prepare_qkv(call, in, ws, run);
  const MatrixView context = ws.context.col_range(0, call.spec.context_width());
  auto* tap = dynamic_cast<HeadTap*>(&run.tap);
  Attended seen;
  if (tap != nullptr) seen = attended_rows(call, context);
  const Watch watch = {tap != nullptr ? tap->marked_keys() : std::span<const char>(), seen};
  attend(call, tap != nullptr ? &watch : nullptr, ws, run);
  gate_context(call, ws.gated_queries, ws.context, run);
  project(call.weights.o, context, out, run);
  if (tap != nullptr) tap->attended(seen);
}

}  // namespace sg
