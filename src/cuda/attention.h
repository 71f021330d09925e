// Attention as three kernels over tasks of up to 64 queries of one head (docs/numerics.md): scores,
// a softmax of each query, weighted sums of values. Tasks lie along the grid's x.
#pragma once

#include "cuda/elementwise.h"
#include "cuda/product.h"
#include "cuda/rows.h"

namespace sg::cuda {

/// Queries [begin, end) of a head of a sequence; positions count from the sequence's start.
struct AttentionTask {
  unsigned sequence, start, head, begin, end;
  unsigned first_key;  // a multiple of kMatmulBlock; the task's keys are [first_key, end)
  std::size_t scores;  // where its scores begin, (queries x score_stride)
  unsigned score_stride;
  SG_DEVICE unsigned keys() const { return end - first_key; }
  SG_DEVICE unsigned queries() const { return end - begin; }
};
inline constexpr unsigned kQueryBlock = SquareTile::kRows;

/// What is added to the score of key j: nothing; slope j, to the scaled score; bf16(bf16(slope) j), before it is
/// scaled.
enum class ScoreBias : std::uint8_t { kNone, kSlope, kHalfSlope };

/// The largest multiple of the matrix products' block that is not above a key.
SG_DEVICE unsigned block_start(unsigned key) { return key - key % static_cast<unsigned>(kMatmulBlock); }

struct AttentionKernelCall {
  const float* qkv;
  float* context;
  std::size_t qkv_stride, context_stride;
  Parts q, k, v;
  unsigned window;  // LayerAttention's: 0 is none
  bool chunked;
  ScoreBias bias;
  float scale, cap;
  const float *slopes, *sinks;  // by head
  const AttentionTask* tasks;
  float* scores;
  unsigned* values_not_finite;  // by sequence; 0 where all values are finite

  SG_DEVICE unsigned kv(const AttentionTask& task) const { return task.head / (q.count / k.count); }
  SG_DEVICE const float* row(const AttentionTask& task, unsigned position) const {
    return qkv + (task.start + position) * qkv_stride;
  }
  SG_DEVICE unsigned first_key(unsigned query) const {
    if (window == 0) return 0;
    if (chunked) return query / window * window;
    return query + 1 > window ? query + 1 - window : 0;
  }
};

/// Marks the sequences that have a value which is infinite or NaN. Threads that write write the same.
SG_DEVICE void find_not_finite(const Block& block, const AttentionKernelCall& call) {
  block.each([&](unsigned thread) {
    const AttentionTask& task = call.tasks[block.x()];
    for (unsigned i = thread; i < task.queries() * call.v.width; i += kElementThreads) {
      const float value = call.row(task, task.begin + i / call.v.width)[call.v(call.kv(task)) + i % call.v.width];
      if ((std::bit_cast<std::uint32_t>(value) & 0x7f800000u) == 0x7f800000u) call.values_not_finite[task.sequence] = 1;
    }
  });
}

/// Q K^T; tiles of keys along the grid's y.
SG_DEVICE void attention_scores(const Block& block, const AttentionKernelCall& call) {
  const AttentionTask task = call.tasks[block.x()];
  if (block.y() * SquareTile::kOutputs >= task.keys()) return;
  const Factors<FloatRows> f = {.x = {call.row(task, task.begin) + call.q(task.head), call.qkv_stride},
                                .w = {call.row(task, task.first_key) + call.k(call.kv(task)), call.qkv_stride},
                                .bias = nullptr,
                                .y = call.scores + task.scores,
                                .y_stride = task.score_stride,
                                .rows = task.queries(),
                                .outputs = task.keys(),
                                .inputs = call.q.width};
  multiply_tile<SquareTile>(block, f, 0, block.y() * SquareTile::kOutputs);
}

SG_DEVICE float as_bfloat16(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  return std::bit_cast<float>((bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u);
}

/// The score of key `key` as the family scales, biases and caps it.
SG_DEVICE float scaled_score(const AttentionKernelCall& call, unsigned head, unsigned key, float score) {
  const float place = static_cast<float>(key);
  switch (call.bias) {
    case ScoreBias::kNone: score = score * call.scale; break;
    case ScoreBias::kSlope: score = score * call.scale + call.slopes[head] * place; break;
    case ScoreBias::kHalfSlope:
      score = (score + as_bfloat16(as_bfloat16(call.slopes[head]) * place)) * call.scale;
      break;
  }
  return call.cap > 0.0f ? softcapped(call.cap, score) : score;
}

/// Scores to weights, a thread per lane of a row; groups of rows along the grid's y.
SG_DEVICE void attention_weights(const Block& block, const AttentionKernelCall& call) {
  SG_SHARED LaneArray<float> tops;
  SG_SHARED LaneArray<double> sums;
  const AttentionTask task = call.tasks[block.x()];
  const auto each = [&](const auto& phase) {
    block.each([&](unsigned thread) {
      const unsigned place = thread / kLanes, query = block.y() * kRowsPerBlock + place;
      if (query >= task.queries()) return;
      float* row = call.scores + task.scores + static_cast<std::size_t>(query) * task.score_stride;
      const unsigned lowest = call.first_key(task.begin + query), keys = task.begin + query + 1 - lowest;
      // A sink is one more score, for which the row has a place to spare.
      phase(row, lowest, keys, keys + (call.sinks != nullptr ? 1u : 0u), place, thread % kLanes);
    });
  };
  each([&](float* row, unsigned lowest, unsigned keys, unsigned n, unsigned place, unsigned lane) {
    float* seen = row + (lowest - task.first_key);
    float top = -HUGE_VALF;
    for (unsigned i = lane; i < n; i += kLanes) {
      seen[i] = i < keys ? scaled_score(call, task.head, lowest + i, seen[i]) : call.sinks[task.head];
      top = seen[i] > top ? seen[i] : top;
    }
    tops[place][lane] = top;
  });
  each([&](float* row, unsigned lowest, unsigned, unsigned n, unsigned place, unsigned lane) {
    float* seen = row + (lowest - task.first_key);
    float top = tops[place][0];
    for (unsigned l = 1; l < kLanes; ++l) top = tops[place][l] > top ? tops[place][l] : top;
    double sum = 0.0;
    for (unsigned i = lane; i < n; i += kLanes) {
      const double weight = exp(wide(seen[i]) - wide(top));
      sum = sum + weight;
      seen[i] = static_cast<float>(weight);
    }
    sums[place][lane] = sum;
  });
  each([&](float* row, unsigned lowest, unsigned keys, unsigned, unsigned place, unsigned lane) {
    const unsigned first = lowest - task.first_key;
    const double inverse = 1.0 / sum_lanes(sums[place]);
    for (unsigned i = lane; i < task.score_stride; i += kLanes) {
      const bool seen = i >= first && i < first + keys;
      row[i] = seen ? static_cast<float>(wide(row[i]) * inverse) : 0.0f;
    }
  });
}

/// Of a sequence whose values are not all finite: each query over the keys of a task of its own, so that no weight of 0
/// meets an infinite value of its future.
SG_DEVICE void values_of_one_query(const AttentionKernelCall& call, const AttentionTask& task, unsigned i, unsigned c) {
  const unsigned query = task.begin + i, first = block_start(call.first_key(query));
  const float* weights = call.scores + task.scores + static_cast<std::size_t>(i) * task.score_stride;
  float y = 0.0f;
  for (unsigned k0 = first; k0 <= query; k0 += kMatmulBlock) {
    float sum = 0.0f;
    for (unsigned k = k0; k <= query && k < k0 + kMatmulBlock; ++k)
      sum = fused(weights[k - task.first_key], call.row(task, k)[call.v(call.kv(task)) + c], sum);
    y = k0 == first ? sum : y + sum;
  }
  call.context[(task.start + query) * call.context_stride + task.head * call.v.width + c] = y;
}

/// Weights times values; tiles of channels along the grid's y.
SG_DEVICE void attention_values(const Block& block, const AttentionKernelCall& call) {
  const AttentionTask task = call.tasks[block.x()];
  const unsigned channel0 = block.y() * SquareTile::kOutputs;
  if (call.values_not_finite[task.sequence] != 0) {
    block.each([&](unsigned thread) {
      for (unsigned i = thread; i < kQueryBlock * SquareTile::kOutputs; i += SquareTile::kThreads) {
        const unsigned query = i / SquareTile::kOutputs, channel = channel0 + i % SquareTile::kOutputs;
        if (query < task.queries() && channel < call.v.width) values_of_one_query(call, task, query, channel);
      }
    });
    return;
  }
  const Factors<FloatColumns> f = {
      .x = {call.scores + task.scores, task.score_stride},
      .w = {call.row(task, task.first_key) + call.v(call.kv(task)), call.qkv_stride},
      .bias = nullptr,
      .y = call.context + (task.start + task.begin) * call.context_stride + task.head * call.v.width,
      .y_stride = call.context_stride,
      .rows = task.queries(),
      .outputs = call.v.width,
      .inputs = task.keys()};
  multiply_tile<SquareTile>(block, f, 0, channel0);
}

}  // namespace sg::cuda
