// Queries, keys and values before they are attended with: projections, q/k norms, rotation, scale by position.
#include <algorithm>

#include "forward/blocks.h"
#include "forward/qkv_columns.h"
#include "forward/rounded.h"
#include "kernel/elementary.h"

namespace sg {
namespace {

/// Each head's queries and, beside them in the projection, its gate, which stays there.
void project_gated_queries(const LayerCall& call, ConstMatrixView in, MatrixView q, MatrixView gated, RunContext& run) {
  const std::size_t d = call.spec.head_dim;
  project(call.weights.q, in, gated, run);
  for (std::size_t h = 0; h < call.spec.heads; ++h)
    run.backend.copy(gated.col_range(2 * h * d, d), q.col_range(h * d, d));
}

/// Queries, and keys and values of an earlier layer, or keys that are values too.
void project_some(const LayerCall& call, ConstMatrixView in, Workspace& ws, RunContext& run) {
  const Spec& spec = call.spec;
  const std::size_t q = spec.heads * spec.head_dim, kv = spec.kv_heads * spec.head_dim;
  const MatrixView both = ws.qkv.col_range(q, 2 * kv);
  project(call.weights.q, in, ws.qkv.col_range(0, q), run);
  if (const int from = spec.attention[call.layer].kv_from; from >= 0) {
    const MatrixView kept = ws.kept[static_cast<std::size_t>(from)];
    return run.backend.copy(kept, both);
  }
  project(call.weights.k, in, both.col_range(0, kv), run);
  run.backend.copy(both.col_range(0, kv), both.col_range(kv, kv));
}

void project_qkv(const LayerCall& call, ConstMatrixView in, Workspace& ws, RunContext& run) {
  const Spec& spec = call.spec;
  const LayerAttention& at = spec.attention[call.layer];
  if (at.kv_from >= 0 || at.key_is_value) return project_some(call, in, ws, run);
  const MatrixView qkv = ws.qkv, gated = ws.gated_queries;
  const std::size_t q = spec.heads * spec.head_dim, kv = spec.kv_heads * spec.head_dim;
  switch (spec.qkv_layout) {
    case QkvLayout::kSeparate:
      if (spec.gated_attention) {
        project_gated_queries(call, in, qkv.col_range(0, q), gated, run);
        project_all({{call.weights.k, qkv.col_range(q, kv)}, {call.weights.v, qkv.col_range(q + kv, kv)}}, in, run);
        break;
      }
      project_all({{call.weights.q, qkv.col_range(0, q)},
                   {call.weights.k, qkv.col_range(q, kv)},
                   {call.weights.v, qkv.col_range(q + kv, kv)}},
                  in, run);
      if (spec.shared_block.adapts_attention) {
        const SharedBlockWeights& shared = call.weights.shared_block;
        adapt(shared.q, in, qkv.col_range(0, q), ws, run);
        adapt(shared.k, in, qkv.col_range(q, kv), ws, run);
        adapt(shared.v, in, qkv.col_range(q + kv, kv), ws, run);
      }
      break;
    case QkvLayout::kThirds:
    case QkvLayout::kPerHead:
    case QkvLayout::kQuarters: project(call.weights.qkv, in, qkv, run); break;
  }
}

void clip(const LayerCall& call, MatrixView qkv, RunContext& run) {
  if (call.spec.clip_qkv > 0) run.backend.clamp(call.spec.clip_qkv, qkv);
}

void scale_heads(float factor, const HeadColumns& heads, MatrixView qkv, RunContext& run) {
  for (std::size_t h = 0; h < heads.count; ++h) scale_rows(factor, qkv.col_range(heads(h), heads.width), run);
}

/// Puts the channels of q and k back into the order they were trained in, so that both formats sum alike.
void unpermute_qk(const Spec& spec, MatrixView qkv, RunContext& run) {
  if (!spec.permuted_qk) return;
  const QkvColumns columns(spec);
  run.backend.unpermute(columns.q, qkv);
  run.backend.unpermute(columns.k, qkv);
}

/// The keys of a layer that attends with another's are prepared already.
HeadColumns own_keys(const LayerCall& call) {
  HeadColumns keys = QkvColumns(call.spec).k;
  if (call.spec.attention[call.layer].kv_from >= 0) keys.count = 0;
  return keys;
}

/// Norms over q and k, over each head or over all heads of a token together.
void norm_qk(const LayerCall& call, MatrixView qkv, RunContext& run) {
  const Spec& spec = call.spec;
  const QkvColumns columns(spec);
  const std::size_t d = spec.head_dim;
  switch (spec.qk_norm) {
    case QkNorm::kNone: return;
    case QkNorm::kPerHead:
    case QkNorm::kEachHead: {
      const std::size_t gain_step = spec.qk_norm == QkNorm::kEachHead ? d : 0;
      norm_heads(spec, call.weights.q_norm, columns.q, gain_step, qkv, run);
      norm_heads(spec, call.weights.k_norm, own_keys(call), gain_step, qkv, run);
      return;
    }
    case QkNorm::kWhole: {
      const MatrixView q = qkv.col_range(columns.q(0), spec.heads * d),
                       k = qkv.col_range(columns.k(0), spec.kv_heads * d);
      norm_rows(spec, call.weights.q_norm, q, q, run);
      norm_rows(spec, call.weights.k_norm, k, k, run);
      return;
    }
  }
}

/// As the reference rounds it in a narrower type.
void rotate_by_parts(const Spec& spec, const RotateCall& call, MatrixView qkv, RunContext& run) {
  for (std::size_t s = 0; s < call.angles.size(); ++s) {
    const Angles& angles = call.angles[s];
    const std::size_t first = call.starts[s], length = call.starts[s + 1] - first;
    run.pool().parallel_for(length, kRowGrain, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t t = begin; t < end; ++t) {
        const float *cos = angles.cos + t * angles.pairs, *sin = angles.sin + t * angles.pairs;
        for (const HeadColumns& heads : {call.q, call.k}) {
          for (std::size_t h = 0; h < heads.count; ++h)
            rotate_by_parts(spec, run.precision, cos, sin, angles.pairs, qkv.row(first + t) + heads(h) + call.offset);
        }
      }
    });
  }
}

void rotate_qk(const LayerCall& call, MatrixView qkv, RunContext& run) {
  const Spec& spec = call.spec;
  const int rope = spec.attention[call.layer].rope;
  if (rope < 0) return;
  const std::vector<Angles> angles = call.ropes.of(static_cast<std::size_t>(rope));
  const RotateCall heads = {.pairing = spec.pairing,
                            .starts = call.tokens.starts(),
                            .angles = angles,
                            .q = QkvColumns(spec).q,
                            .k = own_keys(call),
                            .offset = spec.rope_offset};
  if (run.precision == Precision::kFloat32) return run.backend.rotate(heads, qkv);
  rotate_by_parts(spec, heads, qkv, run);
}

/// Values over each head, without gains.
void norm_values(const LayerCall& call, MatrixView qkv, RunContext& run) {
  const Spec& spec = call.spec;
  if (!spec.value_norm || spec.attention[call.layer].kv_from >= 0) return;
  norm_heads(spec, {}, QkvColumns(spec).v, 0, qkv, run);
}

/// Keys and values that later layers attend with.
void keep_for_later(const LayerCall& call, Workspace& ws, RunContext& run) {
  const MatrixView kept = ws.kept[call.layer];
  if (kept.cols > 0) run.backend.copy(ws.qkv.col_range(call.spec.heads * call.spec.head_dim, kept.cols), kept);
}

/// By row: queries far from the start are made longer, so that their softmax does not flatten with the number of keys.
std::vector<float> query_factors(const Spec& spec, const TokenBatch& tokens, Precision precision) {
  std::vector<float> factors;
  for (std::size_t s = 0; s < tokens.sequences(); ++s) {
    for (std::size_t t = 0; t < tokens.length(s); ++t) {
      const std::size_t steps = (spec.warm_unrotated ? t + 1 : t) / spec.temperature_length;
      const auto factor = static_cast<float>(1 + spec.temperature * log_fixed(1 + static_cast<double>(steps)));
      factors.push_back(spec.warm_unrotated ? factor : round_to(precision, factor));  // as a tensor of the type
    }
  }
  return factors;
}

void scale_queries_by_position(const LayerCall& call, MatrixView qkv, RunContext& run) {
  const Spec& spec = call.spec;
  const bool rotates = spec.attention[call.layer].rope >= 0;
  if (spec.temperature_length == 0 || (spec.warm_unrotated && rotates)) return;
  const std::vector<float> factors = query_factors(spec, call.tokens, run.precision);
  if (std::ranges::all_of(factors, [](float factor) { return factor == 1.0f; })) return;
  const HeadColumns queries = QkvColumns(spec).q;
  for (std::size_t h = 0; h < queries.count; ++h) {
    const MatrixView head = qkv.col_range(queries(h), queries.width);
    run.backend.scale_each(factors, head);
    round_rows(head, run);
  }
}

}  // namespace

void prepare_qkv(const LayerCall& call, ConstMatrixView in, Workspace& ws, RunContext& run) {
  if (call.spec.latent.kv_rank > 0) {
    project_latent(call, in, ws.qkv, ws, run);
  } else {
    project_qkv(call, in, ws, run);
  }
  if (!call.spec.clip_normed) clip(call, ws.qkv, run);
  const QkvColumns columns(call.spec);
  scale_heads(call.spec.multipliers.key, columns.k, ws.qkv, run);
  unpermute_qk(call.spec, ws.qkv, run);
  if (!call.spec.qk_norm_rotated) norm_qk(call, ws.qkv, run);
  if (call.spec.clip_normed) clip(call, ws.qkv, run);
  rotate_qk(call, ws.qkv, run);
  if (call.spec.qk_norm_rotated && call.spec.attention[call.layer].rope >= 0) norm_qk(call, ws.qkv, run);
  norm_values(call, ws.qkv, run);
  scale_queries_by_position(call, ws.qkv, run);
  if (scales_queries(call.spec, run.precision))
    scale_heads(call.spec.attention[call.layer].score_scale, columns.q, ws.qkv, run);
  keep_for_later(call, ws, run);
}

}  // namespace sg
