#include "forward/rounded.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "forward/causal_conv.h"
#include "kernel/elementary.h"

namespace sg {
namespace {

// Weights of a rounded copy at a time: a slice of a matrix's outputs, so that no copy of a whole matrix is ever held.
constexpr std::size_t kCopied = std::size_t{1} << 22;

/// The outputs of one matrix, rounded, as float32; memory belongs to the caller.
WeightView rounded_copy(const WeightView& w, std::vector<float>& memory, RunContext& run) {
  const std::size_t rows = w.transposed ? w.cols : w.rows, cols = w.transposed ? w.rows : w.cols;
  const std::size_t stride = padded_columns(cols);
  memory.resize(std::max(memory.size(), rows * stride));
  const StoredRows stored = {.data = w.data,
                             .dtype = w.dtype,
                             .rows = rows,
                             .cols = cols,
                             .row_bytes = w.row_bytes,
                             .scale = w.scale,
                             .packed = w.packed,
                             .packed_row = w.packed_row,
                             .packed_col = w.packed_col};
  run.pool().parallel_for(rows, kRowGrain, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) {
      float* row = memory.data() + r * stride;
      run.kernels().decode_row(stored, r, row);
      round_to(run.precision, row, cols);
    }
  });
  return {.data = reinterpret_cast<const std::byte*>(memory.data()),
          .dtype = DType::kF32,
          .rows = w.rows,
          .cols = w.cols,
          .row_bytes = stride * sizeof(float),
          .transposed = w.transposed};
}

void multiply_with(const MatmulCall& call, RunContext& run) { run.backend.product({&call, 1}); }

}  // namespace

bool rounds_before_gain(const Spec& spec, Precision precision) {
  return precision != Precision::kFloat32 && spec.norm == NormKind::kRms && !spec.family->half.gain_first;
}

bool adds_branches_first(const Spec& spec, Precision precision) {
  return precision != Precision::kFloat32 && spec.family->half.branches_first;
}

bool keeps_stream(const Spec& spec, Precision precision) {
  return precision != Precision::kFloat32 && !spec.has_attention();
}

bool scales_queries(const Spec& spec, Precision precision) {
  return precision != Precision::kFloat32 && spec.family->half.queries_scaled;
}

double rounded_double(Precision precision, double x) {
  return precision == Precision::kFloat32 ? x : static_cast<double>(round_to(precision, static_cast<float>(x)));
}

RunContext unrounded(const RunContext& run) {
  RunContext other = run;
  other.precision = Precision::kFloat32;
  return other;
}

void norm_then_gain(const Spec& spec, const float* gain, ConstMatrixView x, MatrixView y, RunContext& run) {
  if (run.precision == Precision::kFloat32) return norm_rows(spec, {.gain = gain, .bias = nullptr}, x, y, run);
  norm_rows(spec, {}, x, y, run);
  run.backend.multiply_columns({gain, y.cols}, y);
  round_rows(y, run);
}

void round_rows(MatrixView x, RunContext& run) {
  if (run.precision == Precision::kFloat32) return;
  run.pool().parallel_for(x.rows, kRowGrain, [&](std::size_t begin, std::size_t end, int) {
    round_to(run.precision, x.row_range(begin, end - begin));
  });
}

void project_unrounded(const Linear& linear, ConstMatrixView x, MatrixView y, RunContext& run) {
  const WeightView& w = linear.w;
  const bool as_stored = w.packed == nullptr && w.scale == 1.0f && holds(run.precision, w.dtype);
  if (run.precision == Precision::kFloat32 || as_stored)
    return multiply_with({.x = x, .w = w, .bias = linear.bias, .y = y}, run);
  std::vector<float> memory;
  const std::size_t step = std::max<std::size_t>(kCopied / std::max<std::size_t>(w.cols, 1), 64);
  for (std::size_t first = 0; first < w.rows; first += step) {
    const std::size_t count = std::min(step, w.rows - first);
    const WeightView part = rounded_copy(w.outputs(first, count), memory, run);
    const float* bias = linear.bias == nullptr ? nullptr : linear.bias + first;
    multiply_with({.x = x, .w = part, .bias = bias, .y = y.col_range(first, count)}, run);
  }
}

bool adds_bias_apart(const Spec& spec, Precision precision) {
  return precision != Precision::kFloat32 && spec.family->half.bias_apart;
}

void project_then_bias(const Linear& linear, ConstMatrixView x, MatrixView y, RunContext& run) {
  if (run.precision == Precision::kFloat32 || linear.bias == nullptr) return project(linear, x, y, run);
  project({.w = linear.w, .bias = nullptr}, x, y, run);
  for (std::size_t r = 0; r < y.rows; ++r) run.kernels().add(linear.bias, y.row(r), y.cols);
  round_rows(y, run);
}

void project_part(const Spec& spec, const Linear& linear, ConstMatrixView x, MatrixView y, RunContext& run) {
  spec.family->half.bias_apart ? project_then_bias(linear, x, y, run) : project(linear, x, y, run);
}

bool rounds_expert_weights(const Spec& spec) {
  switch (spec.family->half.router) {
    case HalfRouter::kAll:
    case HalfRouter::kWeights: return true;
    case HalfRouter::kLogits:
    case HalfRouter::kNothing:
    case HalfRouter::kNothingOfAll: break;
  }
  return false;
}

bool adds_experts_in_float32(const Spec& spec) { return spec.family->half.router == HalfRouter::kNothingOfAll; }

void project_router(const Spec& spec, const Linear& router, ConstMatrixView x, MatrixView y, RunContext& run) {
  switch (spec.family->half.router) {
    case HalfRouter::kAll:
    case HalfRouter::kLogits: return project(router, x, y, run);
    case HalfRouter::kNothing:
    case HalfRouter::kNothingOfAll: return project_unrounded(router, x, y, run);
    case HalfRouter::kWeights: multiply_with({.x = x, .w = router.w, .bias = router.bias, .y = y}, run);
  }
}

ConstMatrixView sum_of(ConstMatrixView a, ConstMatrixView b, MatrixView into, RunContext& run) {
  run.backend.copy(a, into);
  add_rows(b, into, run);
  return into;
}

void cap(float limit, float* x, std::size_t n, Precision precision, const Kernels& kernels) {
  if (precision == Precision::kFloat32) return kernels.softcap(limit, x, n);
  for (std::size_t i = 0; i < n; ++i) x[i] = round_to(precision, x[i] / limit);
  kernels.softcap(1.0f, x, n);
  round_to(precision, x, n);
  kernels.scale(limit, x, n);
  round_to(precision, x, n);
}

void cap_rows(float limit, MatrixView x, RunContext& run) {
  if (run.precision == Precision::kFloat32) return run.backend.softcap(limit, x);
  for (std::size_t r = 0; r < x.rows; ++r) cap(limit, x.row(r), x.cols, run.precision, run.kernels());
}

void soften(float* scores, std::size_t n, bool sink, Precision precision, const Kernels& kernels) {
  if (sink && precision != Precision::kFloat32) {
    const float most = *std::max_element(scores, scores + n);
    for (std::size_t i = 0; i < n; ++i) scores[i] = round_to(precision, scores[i] - most);
  }
  kernels.softmax(scores, n);
  round_to(precision, scores, n);
}

void rotate_by_parts(const Spec& spec, Precision p, const float* cos, const float* sin, std::size_t pairs, float* x) {
  const HalfRotation how = spec.family->half.rotation;
  const auto angle = [&](float number) { return how == HalfRotation::kOnce ? number : round_to(p, number); };
  const auto product = [&](float a, float b) { return how == HalfRotation::kByParts ? round_to(p, a * b) : a * b; };
  // Scores of float32 take what a rotation in float32 leaves as it is.
  const bool stays = how == HalfRotation::kOnce && spec.family->half.float32_scores;
  const auto sum = [&](float number) { return stays ? number : round_to(p, number); };
  const bool halves = spec.pairing == Pairing::kHalves;
  for (std::size_t j = 0; j < pairs; ++j) {
    float &first = x[halves ? j : 2 * j], &second = x[halves ? j + pairs : 2 * j + 1];
    const float c = angle(cos[j]), s = angle(sin[j]), a = first, b = second;
    first = sum(product(a, c) - product(b, s));
    second = sum(product(b, c) + product(a, s));
  }
}

namespace {

constexpr float kCubic = 0.044715f;

/// What GELU takes tanh of.
float gelu_argument(HalfGelu how, float x, Precision precision) {
  const auto rounded = [precision](float number) { return round_to(precision, number); };
  if (how == HalfGelu::kTimes) {
    const float factor = rounded(1.0f + rounded(rounded(kCubic * x) * x));
    return rounded(rounded(0.79788456f * x) * factor);
  }
  constexpr float kRootOfTwoOverPi = 0.7978845608028654f;
  // torch cubes float16 at once and bfloat16 in two products.
  const float square = precision == Precision::kBfloat16 ? rounded(x * x) : x * x;
  return rounded(kRootOfTwoOverPi * rounded(x + rounded(kCubic * rounded(square * x))));
}

void gelu_by_parts(HalfGelu how, float* x, std::size_t n, const RunContext& run) {
  thread_local std::vector<float> inner;
  inner.resize(std::max(inner.size(), n));
  for (std::size_t i = 0; i < n; ++i) inner[i] = gelu_argument(how, x[i], run.precision);
  run.kernels().softcap(1.0f, inner.data(), n);  // tanh
  for (std::size_t i = 0; i < n; ++i) {
    const float up = round_to(run.precision, 1.0f + round_to(run.precision, inner[i]));
    x[i] = round_to(run.precision, round_to(run.precision, 0.5f * x[i]) * up);
  }
}

void xielu_by_parts(const XieluParams& p, float* x, std::size_t n, Precision precision) {
  const auto rounded = [precision](float number) { return round_to(precision, number); };
  // The parameters are numbers of the type before softplus, whose inverse undoes what was done when they were read.
  const auto parameter = [&](float alpha) {
    const float stored = rounded(static_cast<float>(log_fixed(exp_fixed(static_cast<double>(alpha)) - 1)));
    return rounded(static_cast<float>(softplus(static_cast<double>(stored))));
  };
  const float beta = rounded(p.beta), eps = rounded(p.eps);
  const float alpha_p = parameter(p.alpha_p), alpha_n = rounded(beta + parameter(p.alpha_n - p.beta));
  for (std::size_t i = 0; i < n; ++i) {
    const float v = x[i], line = rounded(beta * v);
    if (v > 0) {
      x[i] = rounded(rounded(rounded(alpha_p * v) * v) + line);
      continue;
    }
    const float steep = rounded(static_cast<float>(exp_fixed(static_cast<double>(std::min(v, eps))) - 1));
    x[i] = rounded(rounded(rounded(steep - v) * alpha_n) + line);
  }
}

}  // namespace

void activate_rows(const Spec& spec, const XieluParams& xielu, MatrixView x, RunContext& run) {
  const HalfGelu how = spec.family->half.gelu;
  const bool by_parts = spec.act == Act::kXielu || (spec.act == Act::kGeluTanh && how != HalfGelu::kOnce);
  if (run.precision == Precision::kFloat32 || !by_parts) {
    run.backend.activate(spec.act, xielu, x);
    return round_rows(x, run);
  }
  run.pool().parallel_for(x.rows, 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) {
      if (spec.act == Act::kXielu)
        xielu_by_parts(xielu, x.row(r), x.cols, run.precision);
      else
        gelu_by_parts(how, x.row(r), x.cols, run);
    }
  });
}

void gate_clamped_by_parts(float slope, float* gate, const float* up, std::size_t n, Precision precision) {
  const auto rounded = [precision](float number) { return round_to(precision, number); };
  for (std::size_t i = 0; i < n; ++i) {
    const auto steep = static_cast<double>(rounded(gate[i] * slope));
    const float open = rounded(gate[i] * rounded(static_cast<float>(sigmoid(steep))));
    gate[i] = rounded(rounded(up[i] + 1.0f) * open);
  }
}

}  // namespace sg
