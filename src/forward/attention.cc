// The attention branch: projections, q/k norms, rotation, softmax over each query's keys, output projection.
// Queries go in blocks over all of their keys, so scores take a block times the length and never the length
// squared, and the softmax is the exact two-pass one (docs/adr/0005).
#include <algorithm>
#include <bit>
#include <cmath>

#include "forward/blocks.h"
#include "forward/causal_conv.h"
#include "kernel/elementary.h"

namespace sg {
namespace {

// Queries per task. Any value gives the same bits.
constexpr std::size_t kQueryBlock = 64;

/// Columns of the fused matrix where a head's channels start.
struct QkvColumns {
  const Spec& spec;
  /// Heads per group of a layout by groups, per quarter of one by quarters.
  std::size_t per_group() const { return spec.heads / spec.kv_heads; }
  std::size_t per_quarter() const { return spec.heads / 4; }
  std::size_t q(std::size_t head) const {
    const std::size_t g = per_group();
    switch (spec.qkv_layout) {
      case QkvLayout::kSeparate:
      case QkvLayout::kThirds: return head * spec.head_dim;
      case QkvLayout::kPerHead: return (head / g * (g + 2) + head % g) * spec.head_dim;
      case QkvLayout::kQuarters: return in_quarter(head, 0);
    }
    return 0;
  }
  std::size_t k(std::size_t kv) const {
    const std::size_t g = per_group();
    switch (spec.qkv_layout) {
      case QkvLayout::kSeparate:
      case QkvLayout::kThirds: return (spec.heads + kv) * spec.head_dim;
      case QkvLayout::kPerHead: return (kv * (g + 2) + g) * spec.head_dim;
      case QkvLayout::kQuarters: return in_quarter(kv, 2);
    }
    return 0;
  }
  std::size_t v(std::size_t kv) const {
    const std::size_t g = per_group();
    switch (spec.qkv_layout) {
      case QkvLayout::kSeparate:
      case QkvLayout::kThirds: return (spec.heads + spec.kv_heads) * spec.head_dim + kv * spec.value_dim;
      case QkvLayout::kPerHead: return (kv * (g + 2) + g + 1) * spec.head_dim;
      case QkvLayout::kQuarters: return in_quarter(kv, 1);
    }
    return 0;
  }
  /// `part`: 0 for q, 1 for v, 2 for k.
  std::size_t in_quarter(std::size_t head, std::size_t part) const {
    const std::size_t n = per_quarter();
    return (head / n * 3 * n + part * n + head % n) * spec.head_dim;
  }
};

/// Each head's queries and, beside them in the projection, its gate, which stays there.
void project_gated_queries(const LayerCall& call, ConstMatrixView in, MatrixView q, MatrixView gated, RunContext& run) {
  const std::size_t d = call.spec.head_dim;
  project(call.weights.q, in, gated, run);
  for (std::size_t r = 0; r < in.rows; ++r) {
    for (std::size_t h = 0; h < call.spec.heads; ++h) std::copy_n(gated.row(r) + 2 * h * d, d, q.row(r) + h * d);
  }
}

/// What every head attends times the sigmoid of its gate.
void gate_context(const LayerCall& call, ConstMatrixView gated, MatrixView context, RunContext& run) {
  if (!call.spec.gated_attention) return;
  const std::size_t d = call.spec.head_dim;
  run.pool.parallel_for(context.rows, kRowGrain, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) {
      for (std::size_t i = 0; i < context.cols; ++i) {
        const float gate = gated.row(r)[(2 * (i / d) + 1) * d + i % d];
        context.row(r)[i] *= static_cast<float>(sigmoid(static_cast<double>(gate)));
      }
    }
  });
}

void project_qkv(const LayerCall& call, ConstMatrixView in, MatrixView qkv, MatrixView gated, RunContext& run) {
  const Spec& spec = call.spec;
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
  switch (spec.qk_norm) {
    case QkNorm::kNone: return;
    case QkNorm::kPerHead:
    case QkNorm::kEachHead: {
      const std::size_t step = spec.qk_norm == QkNorm::kEachHead ? d : 0;
      for (std::size_t h = 0; h < spec.heads; ++h) {
        const MatrixView q = qkv.col_range(columns.q(h), d);
        norm_rows(spec, gains_from(call.weights.q_norm, h * step), q, q, run);
      }
      for (std::size_t h = 0; h < spec.kv_heads; ++h) {
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
  for (std::size_t s = 0; s < call.tokens.sequences(); ++s) {
    const RopeTable& table = call.ropes.of(static_cast<std::size_t>(rope), s);
    const std::size_t first = call.tokens.begin(s);
    run.pool.parallel_for(call.tokens.length(s), kRowGrain, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t t = begin; t < end; ++t) {
        float* row = qkv.row(first + t);
        const float *cos = table.cos_at(t), *sin = table.sin_at(t);
        for (std::size_t h = 0; h < spec.heads; ++h)
          run.kernels.rotate(spec.pairing, cos, sin, table.pairs, row + columns.q(h) + spec.rope_offset);
        for (std::size_t h = 0; h < spec.kv_heads; ++h)
          run.kernels.rotate(spec.pairing, cos, sin, table.pairs, row + columns.k(h) + spec.rope_offset);
      }
    });
  }
}

/// Queries far from the start are made longer, so that their softmax does not flatten with the number of keys.
void scale_queries_by_position(const LayerCall& call, MatrixView qkv, RunContext& run) {
  const Spec& spec = call.spec;
  if (spec.temperature_length == 0) return;
  const QkvColumns columns{spec};
  for (std::size_t s = 0; s < call.tokens.sequences(); ++s) {
    for (std::size_t t = 0; t < call.tokens.length(s); ++t) {
      const double steps = static_cast<double>(t / spec.temperature_length);
      const auto factor = static_cast<float>(1 + spec.temperature * log_fixed(1 + steps));
      if (factor == 1.0f) continue;
      float* row = qkv.row(call.tokens.begin(s) + t);
      for (std::size_t h = 0; h < spec.heads; ++h) run.kernels.scale(factor, row + columns.q(h), spec.head_dim);
    }
  }
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

/// The nearest float with bfloat16's 8 significant bits, ties to even; x finite.
float round_to_bfloat16(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  return std::bit_cast<float>((bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u);
}

/// Queries [begin, end) of one head of one sequence; positions count from the sequence's start.
struct Task {
  std::size_t sequence, head, begin, end;
};

std::vector<Task> make_tasks(const Spec& spec, const TokenBatch& tokens) {
  std::vector<Task> tasks;
  for (std::size_t s = 0; s < tokens.sequences(); ++s) {
    for (std::size_t h = 0; h < spec.heads; ++h) {
      for (std::size_t q = 0; q < tokens.length(s); q += kQueryBlock) {
        tasks.push_back({s, h, q, std::min(q + kQueryBlock, tokens.length(s))});
      }
    }
  }
  return tasks;
}

WeightView stored(ConstMatrixView m, bool transposed) {
  return {.data = reinterpret_cast<const std::byte*>(m.data),
          .dtype = DType::kF32,
          .rows = transposed ? m.cols : m.rows,
          .cols = transposed ? m.rows : m.cols,
          .row_bytes = m.stride * sizeof(float),
          .transposed = transposed};
}

/// Scores to probabilities: query i of the block sees keys (i - window, i]; the rest become 0.
void weigh(const LayerCall& call, const Task& task, std::size_t first_key, MatrixView scores, RunContext& run) {
  const Spec& spec = call.spec;
  const LayerAttention& at = spec.attention[call.layer];
  const float slope = alibi_slope(task.head, spec.heads);
  for (std::size_t i = 0; i < scores.rows; ++i) {
    const std::size_t query = task.begin + i;
    const std::size_t lowest = at.window > 0 && query + 1 > at.window ? query + 1 - at.window : 0;
    float* row = scores.row(i);
    float* seen = row + (lowest - first_key);
    const std::size_t count = query + 1 - lowest;
    switch (spec.positions) {
      case PositionKind::kRotary:
      case PositionKind::kLearned: run.kernels.scale(at.score_scale, seen, count); break;
      case PositionKind::kAlibi:
        run.kernels.scale(at.score_scale, seen, count);
        for (std::size_t j = 0; j < count; ++j) seen[j] += slope * static_cast<float>(lowest + j);
        break;
      case PositionKind::kAlibiScaled:  // Falcon adds before it scales, and its bias is bfloat16 in the reference
        for (std::size_t j = 0; j < count; ++j) {
          seen[j] += round_to_bfloat16(round_to_bfloat16(slope) * static_cast<float>(lowest + j));
        }
        run.kernels.scale(at.score_scale, seen, count);
        break;
    }
    if (spec.score_cap > 0) run.kernels.softcap(spec.score_cap, seen, count);
    if (call.weights.sinks != nullptr) {
      // One more score that no value belongs to; beyond the last key the matrix has a column to spare.
      seen[count] = call.weights.sinks[task.head];
      run.kernels.softmax(seen, count + 1);
    } else {
      run.kernels.softmax(seen, count);
    }
    std::fill(row, seen, 0.0f);
    std::fill(seen + count, row + scores.cols, 0.0f);
  }
}

void attend(const LayerCall& call, const Task& task, MatrixView qkv, MatrixView context, RunContext& run) {
  const Spec& spec = call.spec;
  const std::size_t d = spec.head_dim, kv = task.head / (spec.heads / spec.kv_heads),
                    start = call.tokens.begin(task.sequence);
  const std::size_t window = spec.attention[call.layer].window;
  const QkvColumns columns{spec};
  // Keys start at a multiple of the matmul's block, so that sums over keys are cut at the same places in every task.
  const std::size_t lowest = window > 0 && task.begin + 1 > window ? task.begin + 1 - window : 0;
  const std::size_t first_key = lowest / kMatmulBlock * kMatmulBlock;
  const std::size_t keys = task.end - first_key, queries = task.end - task.begin;
  thread_local std::vector<float> buffer;
  const std::size_t stride = call.weights.sinks == nullptr ? keys : keys + 1;
  buffer.resize(std::max(buffer.size(), queries * stride));
  const MatrixView scores = {buffer.data(), queries, keys, stride};

  const MatrixView q = qkv.row_range(start + task.begin, queries).col_range(columns.q(task.head), d);
  const MatrixView k = qkv.row_range(start + first_key, keys).col_range(columns.k(kv), d);
  const MatrixView v = qkv.row_range(start + first_key, keys).col_range(columns.v(kv), spec.value_dim);
  const MatrixView out =
      context.row_range(start + task.begin, queries).col_range(task.head * spec.value_dim, spec.value_dim);
  run.kernels.matmul({.x = q, .w = stored(k, false), .y = scores}, ThreadPool::serial());
  weigh(call, task, first_key, scores, run);
  run.kernels.matmul({.x = scores, .w = stored(v, true), .y = out}, ThreadPool::serial());
}

/// True when every value vector is finite. A zero probability times inf is NaN: a sequence with non-finite
/// values is computed query by query, so that no token hears from its future.
bool values_finite(const Spec& spec, const TokenBatch& tokens, std::size_t sequence, ConstMatrixView qkv,
                   const Kernels& k) {
  const QkvColumns columns{spec};
  for (std::size_t r = tokens.begin(sequence); r < tokens.end(sequence); ++r) {
    for (std::size_t h = 0; h < spec.kv_heads; ++h) {
      if (!std::isfinite(k.sum_squares(qkv.row(r) + columns.v(h), spec.value_dim))) return false;
    }
  }
  return true;
}

}  // namespace

void attention(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run) {
  if (call.spec.latent.kv_rank > 0) {
    project_latent(call, in, ws.qkv, ws, run);
  } else {
    project_qkv(call, in, ws.qkv, ws.gated_queries, run);
  }
  if (!call.spec.clip_normed) clip(call, ws.qkv, run);
  unpermute_qk(call.spec, ws.qkv, run);
  if (!call.spec.qk_norm_rotated) norm_qk(call, ws.qkv, run);
  if (call.spec.clip_normed) clip(call, ws.qkv, run);
  rotate_qk(call, ws.qkv, run);
  if (call.spec.qk_norm_rotated) norm_qk(call, ws.qkv, run);
  scale_queries_by_position(call, ws.qkv, run);
  const std::vector<Task> tasks = make_tasks(call.spec, call.tokens);
  std::vector<char> finite(call.tokens.sequences());
  run.pool.parallel_chunks(finite.size(), 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t s = begin; s < end; ++s) finite[s] = values_finite(call.spec, call.tokens, s, ws.qkv, run.kernels);
  });
  run.pool.parallel_chunks(tasks.size(), 4, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const Task& task = tasks[i];
      if (finite[task.sequence]) {
        attend(call, task, ws.qkv, ws.context, run);
        continue;
      }
      for (std::size_t query = task.begin; query < task.end; ++query) {
        attend(call, {task.sequence, task.head, query, query + 1}, ws.qkv, ws.context, run);
      }
    }
  });
  gate_context(call, ws.gated_queries, ws.context, run);
  project(call.weights.o, ws.context, out, run);
}

}  // namespace sg
