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
  for (std::size_t r = 0; r < in.rows; ++r) {
    for (std::size_t h = 0; h < call.spec.heads; ++h) std::copy_n(gated.row(r) + 2 * h * d, d, q.row(r) + h * d);
  }
}

/// Queries, and keys and values of an earlier layer, or keys that are values too.
void project_some(const LayerCall& call, ConstMatrixView in, Workspace& ws, RunContext& run) {
  const Spec& spec = call.spec;
  const std::size_t q = spec.heads * spec.head_dim, kv = spec.kv_heads * spec.head_dim;
  const MatrixView both = ws.qkv.col_range(q, 2 * kv);
  project(call.weights.q, in, ws.qkv.col_range(0, q), run);
  if (const int from = spec.attention[call.layer].kv_from; from >= 0) {
    const MatrixView kept = ws.kept[static_cast<std::size_t>(from)];
    for (std::size_t r = 0; r < in.rows; ++r) std::copy_n(kept.row(r), both.cols, both.row(r));
    return;
  }
  project(call.weights.k, in, both.col_range(0, kv), run);
  for (std::size_t r = 0; r < in.rows; ++r) std::copy_n(both.row(r), kv, both.row(r) + kv);
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
  if (!(call.spec.clip_qkv > 0)) return;
  for (std::size_t r = 0; r < qkv.rows; ++r) run.kernels.clamp(call.spec.clip_qkv, qkv.row(r), qkv.cols);
}

NormWeights gains_from(const NormWeights& w, std::size_t offset) {
  return {.gain = w.gain == nullptr ? nullptr : w.gain + offset, .bias = w.bias == nullptr ? nullptr : w.bias + offset};
}

void scale_keys(const LayerCall& call, MatrixView qkv, RunContext& run) {
  const Spec& spec = call.spec;
  const QkvColumns columns{spec};
  for (std::size_t h = 0; h < spec.kv_heads; ++h)
    scale_rows(spec.multipliers.key, qkv.col_range(columns.k(h), spec.head_dim), run);
}

void scale_queries(const LayerCall& call, MatrixView qkv, RunContext& run) {
  const Spec& spec = call.spec;
  const QkvColumns columns{spec};
  for (std::size_t h = 0; h < spec.heads; ++h)
    scale_rows(spec.attention[call.layer].score_scale, qkv.col_range(columns.q(h), spec.head_dim), run);
}

/// Puts the channels of q and k back into the order they were trained in, so that both formats sum alike.
void unpermute_qk(const Spec& spec, MatrixView qkv, RunContext& run) {
  if (!spec.permuted_qk) return;
  const QkvColumns columns{spec};
  const std::size_t d = spec.head_dim;
  run.pool.parallel_for(qkv.rows, kRowGrain, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> stored_order(d);
    const auto restore = [&](float* head) {
      std::copy_n(head, d, stored_order.begin());
      for (std::size_t j = 0; j < d / 2; ++j) {
        head[j] = stored_order[2 * j];
        head[j + d / 2] = stored_order[2 * j + 1];
      }
    };
    for (std::size_t r = begin; r < end; ++r) {
      for (std::size_t h = 0; h < spec.heads; ++h) restore(qkv.row(r) + columns.q(h));
      for (std::size_t h = 0; h < spec.kv_heads; ++h) restore(qkv.row(r) + columns.k(h));
    }
  });
}

/// Norms over q and k, over each head or over all heads of a token together.
void norm_qk(const LayerCall& call, MatrixView qkv, RunContext& run) {
  const Spec& spec = call.spec;
  const QkvColumns columns{spec};
  const std::size_t d = spec.head_dim;
  const std::size_t own = spec.attention[call.layer].kv_from < 0 ? spec.kv_heads : 0;
  switch (spec.qk_norm) {
    case QkNorm::kNone: return;
    case QkNorm::kPerHead:
    case QkNorm::kEachHead: {
      const std::size_t step = spec.qk_norm == QkNorm::kEachHead ? d : 0;
      for (std::size_t h = 0; h < spec.heads; ++h) {
        const MatrixView q = qkv.col_range(columns.q(h), d);
        norm_rows(spec, gains_from(call.weights.q_norm, h * step), q, q, run);
      }
      for (std::size_t h = 0; h < own; ++h) {
        const MatrixView k = qkv.col_range(columns.k(h), d);
        norm_rows(spec, gains_from(call.weights.k_norm, h * step), k, k, run);
      }
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

void rotate_qk(const LayerCall& call, MatrixView qkv, RunContext& run) {
  const Spec& spec = call.spec;
  const int rope = spec.attention[call.layer].rope;
  if (rope < 0) return;
  const QkvColumns columns{spec};
  const std::size_t own = spec.attention[call.layer].kv_from < 0 ? spec.kv_heads : 0;
  for (std::size_t s = 0; s < call.tokens.sequences(); ++s) {
    const RopeTable& table = call.ropes.of(static_cast<std::size_t>(rope), s);
    const std::size_t first = call.tokens.begin(s);
    run.pool.parallel_for(call.tokens.length(s), kRowGrain, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t t = begin; t < end; ++t) {
        float* row = qkv.row(first + t);
        const float *cos = table.cos_at(t), *sin = table.sin_at(t);
        for (std::size_t h = 0; h < spec.heads; ++h)
          rotate(spec, cos, sin, table.pairs, row + columns.q(h) + spec.rope_offset, run);
        for (std::size_t h = 0; h < own; ++h)
          rotate(spec, cos, sin, table.pairs, row + columns.k(h) + spec.rope_offset, run);
      }
    });
  }
}

/// Values over each head, without gains.
void norm_values(const LayerCall& call, MatrixView qkv, RunContext& run) {
  const Spec& spec = call.spec;
  if (!spec.value_norm || spec.attention[call.layer].kv_from >= 0) return;
  const QkvColumns columns{spec};
  for (std::size_t h = 0; h < spec.kv_heads; ++h) {
    const MatrixView v = qkv.col_range(columns.v(h), spec.value_dim);
    norm_rows(spec, {}, v, v, run);
  }
}

/// Keys and values that later layers attend with.
void keep_for_later(const LayerCall& call, Workspace& ws) {
  const MatrixView kept = ws.kept[call.layer];
  const std::size_t queries = call.spec.heads * call.spec.head_dim;
  for (std::size_t r = 0; r < kept.rows && kept.cols > 0; ++r)
    std::copy_n(ws.qkv.row(r) + queries, kept.cols, kept.row(r));
}

/// Queries far from the start are made longer, so that their softmax does not flatten with the number of keys.
void scale_queries_by_position(const LayerCall& call, MatrixView qkv, RunContext& run) {
  const Spec& spec = call.spec;
  const bool rotates = spec.attention[call.layer].rope >= 0;
  if (spec.temperature_length == 0 || (spec.warm_unrotated && rotates)) return;
  const QkvColumns columns{spec};
  for (std::size_t s = 0; s < call.tokens.sequences(); ++s) {
    for (std::size_t t = 0; t < call.tokens.length(s); ++t) {
      const double steps = static_cast<double>((spec.warm_unrotated ? t + 1 : t) / spec.temperature_length);
      const auto factor = static_cast<float>(1 + spec.temperature * log_fixed(1 + steps));
      if (factor == 1.0f) continue;
      const float used = spec.warm_unrotated ? factor : round_to(run.precision, factor);  // as a tensor of the type
      float* row = qkv.row(call.tokens.begin(s) + t);
      for (std::size_t h = 0; h < spec.heads; ++h) {
        run.kernels.scale(used, row + columns.q(h), spec.head_dim);
        round_to(run.precision, row + columns.q(h), spec.head_dim);
      }
    }
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
  scale_keys(call, ws.qkv, run);
  unpermute_qk(call.spec, ws.qkv, run);
  if (!call.spec.qk_norm_rotated) norm_qk(call, ws.qkv, run);
  if (call.spec.clip_normed) clip(call, ws.qkv, run);
  rotate_qk(call, ws.qkv, run);
  if (call.spec.qk_norm_rotated && call.spec.attention[call.layer].rope >= 0) norm_qk(call, ws.qkv, run);
  norm_values(call, ws.qkv, run);
  scale_queries_by_position(call, ws.qkv, run);
  if (scales_queries(call.spec, run.precision)) scale_queries(call, ws.qkv, run);
  keep_for_later(call, ws);
}

}  // namespace sg
