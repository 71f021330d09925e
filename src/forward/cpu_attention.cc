// Attention on the CPU. Queries go in blocks over all of their keys, so scores take a block times the length and never
// the length squared, and the softmax is the exact two-pass one (docs/adr/0005).
#include <algorithm>
#include <cmath>
#include <vector>

#include "forward/cpu_backend.h"
#include "forward/rounded.h"

namespace sg {
namespace {

// Queries per task. Any value gives the same bits.
constexpr std::size_t kQueryBlock = 64;

/// Queries [begin, end) of one head of one sequence; positions count from the sequence's start.
struct Task {
  std::size_t sequence, head, begin, end;
};

std::vector<Task> make_tasks(const AttentionCall& call) {
  std::vector<Task> tasks;
  for (std::size_t s = 0; s + 1 < call.starts.size(); ++s) {
    const std::size_t length = call.starts[s + 1] - call.starts[s];
    for (std::size_t h = 0; h < call.q.count; ++h) {
      for (std::size_t q = 0; q < length; q += kQueryBlock)
        tasks.push_back({s, h, q, std::min(q + kQueryBlock, length)});
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

/// One call's arithmetic, task by task.
class Attention {
 public:
  Attention(const AttentionCall& call, const AttentionDetail& detail, const Kernels& kernels)
      : call_(call), detail_(detail), kernels_(kernels) {}

  void attend(const Task& task) const;
  /// True when every value vector is finite. A zero probability times inf is NaN: a sequence with non-finite values is
  /// computed query by query, so that no token hears from its future.
  bool values_finite(std::size_t sequence) const;

 private:
  void scale_scores(std::size_t head, std::size_t lowest, std::span<float> seen) const;
  void weigh(const Task& task, std::size_t first_key, MatrixView scores) const;
  void observe(const Task& task, std::size_t first_key, ConstMatrixView scores) const;
  ConstMatrixView head_of(const HeadColumns& heads, std::size_t head, std::size_t first, std::size_t rows) const {
    return call_.qkv.row_range(first, rows).col_range(heads(head), heads.width);
  }

  const AttentionCall& call_;
  const AttentionDetail& detail_;
  const Kernels& kernels_;
};

bool Attention::values_finite(std::size_t sequence) const {
  for (std::size_t r = call_.starts[sequence]; r < call_.starts[sequence + 1]; ++r) {
    for (std::size_t h = 0; h < call_.v.count; ++h) {
      if (!std::isfinite(kernels_.sum_squares(call_.qkv.row(r) + call_.v(h), call_.v.width))) return false;
    }
  }
  return true;
}

/// The scores of keys lowest, lowest + 1, ... as the family scales, biases and caps them; of a narrower precision,
/// rounded after each step unless the family computes them in float32.
void Attention::scale_scores(std::size_t head, std::size_t lowest, std::span<float> seen) const {
  const Precision precision = detail_.float32_scores ? Precision::kFloat32 : detail_.precision;
  const auto rounded = [&] { round_to(precision, seen.data(), seen.size()); };
  const auto scaled = [&] { kernels_.scale(call_.scale, seen.data(), seen.size()); };
  switch (call_.positions) {
    case PositionKind::kRotary:
    case PositionKind::kLearned:
      rounded();
      scaled();
      break;
    case PositionKind::kAlibi:
      if (detail_.float32_bias) {
        rounded();
        scaled();
        rounded();
        for (std::size_t j = 0; j < seen.size(); ++j) seen[j] += call_.slopes[head] * static_cast<float>(lowest + j);
        return;
      }
      scaled();  // one operation of torch for products, scale and bias
      for (std::size_t j = 0; j < seen.size(); ++j)
        seen[j] += round_to(precision, call_.slopes[head] * static_cast<float>(lowest + j));
      break;
    case PositionKind::kAlibiScaled:  // Falcon adds before it scales, and its bias is bfloat16 in the reference
      rounded();
      for (std::size_t j = 0; j < seen.size(); ++j)
        seen[j] += as_bfloat16(as_bfloat16(call_.slopes[head]) * static_cast<float>(lowest + j));
      rounded();
      scaled();
      break;
  }
  rounded();
  if (call_.cap > 0) cap(call_.cap, seen.data(), seen.size(), detail_.precision, kernels_);
}

/// Scores to probabilities: a query of the block sees keys from its window's first to itself; the rest become 0.
void Attention::weigh(const Task& task, std::size_t first_key, MatrixView scores) const {
  for (std::size_t i = 0; i < scores.rows; ++i) {
    const std::size_t query = task.begin + i;
    const std::size_t lowest = call_.sees.first_key(query);
    float* row = scores.row(i);
    float* seen = row + (lowest - first_key);
    const std::size_t count = query + 1 - lowest;
    scale_scores(task.head, lowest, {seen, count});
    const bool sink = call_.sinks != nullptr;
    // One more score that no value belongs to; beyond the last key the matrix has a column to spare.
    if (sink) seen[count] = call_.sinks[task.head];
    soften(seen, sink ? count + 1 : count, sink, detail_.precision, kernels_);
    std::fill(row, seen, 0.0f);
    std::fill(seen + count, row + scores.cols, 0.0f);
  }
}

void Attention::observe(const Task& task, std::size_t first_key, ConstMatrixView scores) const {
  const auto& [marks, told] = *detail_.watch;
  const std::size_t start = call_.starts[task.sequence];
  for (std::size_t i = 0; i < scores.rows; ++i) {
    const float* p = scores.row(i);
    double entropy = 0, marked = 0;
    for (std::size_t j = 0; j < scores.cols; ++j) {
      const double mass = p[j];
      if (mass > 0) entropy -= mass * std::log(mass);
      if (!marks.empty() && marks[start + first_key + j] != 0) marked += mass;
    }
    const std::size_t at = (start + task.begin + i) * told.heads + task.head;
    told.first_mass[at] = first_key == 0 ? p[0] : 0;
    told.marked_mass[at] = marked;
    told.entropy[at] = entropy;
  }
}

void Attention::attend(const Task& task) const {
  const std::size_t kv = task.head / (call_.q.count / call_.k.count), start = call_.starts[task.sequence];
  // Keys start at a multiple of the matmul's block, so that sums over keys are cut at the same places in every task.
  const std::size_t first_key = call_.sees.first_key(task.begin) / kMatmulBlock * kMatmulBlock;
  const std::size_t keys = task.end - first_key, queries = task.end - task.begin;
  thread_local std::vector<float> buffer;
  const std::size_t stride = call_.sinks == nullptr ? keys : keys + 1;
  buffer.resize(std::max(buffer.size(), queries * stride));
  const MatrixView scores = {buffer.data(), queries, keys, stride};

  const ConstMatrixView q = head_of(call_.q, task.head, start + task.begin, queries),
                        k = head_of(call_.k, kv, start + first_key, keys),
                        v = head_of(call_.v, kv, start + first_key, keys);
  const MatrixView out = call_.context.row_range(start + task.begin, queries).col_range(task.head * v.cols, v.cols);
  kernels_.matmul({.x = q, .w = stored(k, false), .y = scores}, ThreadPool::serial());
  weigh(task, first_key, scores);
  if (detail_.watch != nullptr) observe(task, first_key, scores);
  kernels_.matmul({.x = scores, .w = stored(v, true), .y = out}, ThreadPool::serial());
  round_to(detail_.precision, out);
}

}  // namespace

void CpuBackend::attention(const AttentionCall& call, const AttentionDetail& detail) {
  const Attention how(call, detail, kernels());
  const std::vector<Task> tasks = make_tasks(call);
  std::vector<char> finite(call.starts.size() - 1);
  pool().parallel_chunks(finite.size(), 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t s = begin; s < end; ++s) finite[s] = how.values_finite(s);
  });
  pool().parallel_chunks(tasks.size(), 4, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const Task& task = tasks[i];
      if (finite[task.sequence]) {
        how.attend(task);
        continue;
      }
      for (std::size_t query = task.begin; query < task.end; ++query)
        how.attend({task.sequence, task.head, query, query + 1});
    }
  });
}

}  // namespace sg
