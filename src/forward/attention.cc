// The attention branch: softmax over each query's keys, output projection. What is attended with: qkv.cc.
// Queries go in blocks over all of their keys, so scores take a block times the length and never the length
// squared, and the softmax is the exact two-pass one (docs/adr/0005).
#include <algorithm>
#include <cmath>

#include "forward/blocks.h"
#include "forward/causal_conv.h"
#include "forward/head_tap.h"
#include "forward/qkv_columns.h"
#include "forward/rounded.h"
#include "kernel/elementary.h"

namespace sg {
namespace {

// Queries per task. Any value gives the same bits.
constexpr std::size_t kQueryBlock = 64;

/// What every head attends times the sigmoid of its gate.
void gate_context(const LayerCall& call, ConstMatrixView gated, MatrixView context, RunContext& run) {
  if (!call.spec.gated_attention) return;
  const std::size_t d = call.spec.head_dim;
  run.pool.parallel_for(context.rows, kRowGrain, [&](std::size_t begin, std::size_t end, int) {
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

float as_bfloat16(float x) { return round_to(Precision::kBfloat16, x); }

/// The scores of keys lowest, lowest + 1, ... as the family scales, biases and caps them; of a narrower precision,
/// rounded after each step unless the family computes them in float32.
void scale_scores(const LayerCall& call, std::size_t head, std::size_t lowest, std::span<float> seen,
                  const RunContext& run) {
  const Spec& spec = call.spec;
  const Precision precision = spec.family->half.float32_scores ? Precision::kFloat32 : run.precision;
  const float slope = alibi_slope(head, spec.heads);
  const float scale = scales_queries(spec, run.precision) ? 1.0f : spec.attention[call.layer].score_scale;
  const auto rounded = [&] { round_to(precision, seen.data(), seen.size()); };
  const auto scaled = [&] { run.kernels.scale(scale, seen.data(), seen.size()); };
  switch (spec.positions) {
    case PositionKind::kRotary:
    case PositionKind::kLearned:
      rounded();
      scaled();
      break;
    case PositionKind::kAlibi:
      if (spec.family->half.float32_bias) {
        rounded();
        scaled();
        rounded();
        for (std::size_t j = 0; j < seen.size(); ++j) seen[j] += slope * static_cast<float>(lowest + j);
        return;
      }
      scaled();  // one operation of torch for products, scale and bias
      for (std::size_t j = 0; j < seen.size(); ++j)
        seen[j] += round_to(precision, slope * static_cast<float>(lowest + j));
      break;
    case PositionKind::kAlibiScaled:  // Falcon adds before it scales, and its bias is bfloat16 in the reference
      rounded();
      for (std::size_t j = 0; j < seen.size(); ++j)
        seen[j] += as_bfloat16(as_bfloat16(slope) * static_cast<float>(lowest + j));
      rounded();
      scaled();
      break;
  }
  rounded();
  if (spec.score_cap > 0) cap(spec.score_cap, seen.data(), seen.size(), run);
}

/// Scores to probabilities: a query of the block sees keys from its window's first to itself; the rest become 0.
void weigh(const LayerCall& call, const Task& task, std::size_t first_key, MatrixView scores, const RunContext& run) {
  const LayerAttention& at = call.spec.attention[call.layer];
  for (std::size_t i = 0; i < scores.rows; ++i) {
    const std::size_t query = task.begin + i;
    const std::size_t lowest = at.first_key(query);
    float* row = scores.row(i);
    float* seen = row + (lowest - first_key);
    const std::size_t count = query + 1 - lowest;
    scale_scores(call, task.head, lowest, {seen, count}, run);
    const bool sink = call.weights.sinks != nullptr;
    // One more score that no value belongs to; beyond the last key the matrix has a column to spare.
    if (sink) seen[count] = call.weights.sinks[task.head];
    soften(seen, sink ? count + 1 : count, sink, run);
    std::fill(row, seen, 0.0f);
    std::fill(seen + count, row + scores.cols, 0.0f);
  }
}

/// Who watches the heads, and what of this layer; null when nobody does.
struct Watch {
  std::span<const char> marked;
  Attended& seen;
};

void observe(const Watch& watch, const Task& task, std::size_t start, std::size_t first_key, ConstMatrixView scores) {
  for (std::size_t i = 0; i < scores.rows; ++i) {
    const float* p = scores.row(i);
    double entropy = 0, marked = 0;
    for (std::size_t j = 0; j < scores.cols; ++j) {
      const double mass = p[j];
      if (mass > 0) entropy -= mass * std::log(mass);
      if (!watch.marked.empty() && watch.marked[start + first_key + j] != 0) marked += mass;
    }
    const std::size_t at = (start + task.begin + i) * watch.seen.heads + task.head;
    watch.seen.first_mass[at] = first_key == 0 ? p[0] : 0;
    watch.seen.marked_mass[at] = marked;
    watch.seen.entropy[at] = entropy;
  }
}

void attend(const LayerCall& call, const Task& task, const Watch* watch, MatrixView qkv, MatrixView context,
            RunContext& run) {
  const Spec& spec = call.spec;
  const std::size_t d = spec.head_dim, kv = task.head / (spec.heads / spec.kv_heads),
                    start = call.tokens.begin(task.sequence);
  const QkvColumns columns{spec};
  // Keys start at a multiple of the matmul's block, so that sums over keys are cut at the same places in every task.
  const std::size_t first_key = spec.attention[call.layer].first_key(task.begin) / kMatmulBlock * kMatmulBlock;
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
  if (watch != nullptr) observe(*watch, task, start, first_key, scores);
  run.kernels.matmul({.x = scores, .w = stored(v, true), .y = out}, ThreadPool::serial());
  round_to(run.precision, out);
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
  prepare_qkv(call, in, ws, run);
  auto* head_tap = dynamic_cast<HeadTap*>(&run.tap);
  Attended seen;
  const Watch looking = {head_tap != nullptr ? head_tap->marked_keys() : std::span<const char>(), seen};
  const Watch* watch = head_tap != nullptr ? &looking : nullptr;
  if (watch != nullptr) seen = attended_rows(call, ws.context.col_range(0, call.spec.context_width()));
  const std::vector<Task> tasks = make_tasks(call.spec, call.tokens);
  std::vector<char> finite(call.tokens.sequences());
  run.pool.parallel_chunks(finite.size(), 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t s = begin; s < end; ++s) finite[s] = values_finite(call.spec, call.tokens, s, ws.qkv, run.kernels);
  });
  run.pool.parallel_chunks(tasks.size(), 4, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const Task& task = tasks[i];
      if (finite[task.sequence]) {
        attend(call, task, watch, ws.qkv, ws.context, run);
        continue;
      }
      for (std::size_t query = task.begin; query < task.end; ++query) {
        attend(call, {task.sequence, task.head, query, query + 1}, watch, ws.qkv, ws.context, run);
      }
    }
  });
  gate_context(call, ws.gated_queries, ws.context, run);
  project(call.weights.o, ws.context.col_range(0, call.spec.context_width()), out, run);
  if (head_tap != nullptr) head_tap->attended(seen);
}

}  // namespace sg
