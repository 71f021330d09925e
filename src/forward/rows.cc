// Operations on whole batches of rows as the pass does them: by its backend, each result rounded to its precision once.
#include <vector>

#include "forward/blocks.h"
#include "forward/cpu_backend.h"
#include "forward/rounded.h"

namespace sg {

void decode_row(const WeightView& table, std::size_t index, float* out, const RunContext& run) {
  decode_row(table, index, out, run.kernels());
  round_to(run.precision, out, table.cols);
}

void decode_rows(const WeightView& table, std::span<const std::size_t> ids, MatrixView y, RunContext& run) {
  run.backend.decode_rows(table, ids, y);
  round_rows(y, run);
}

void scale_rows(float factor, MatrixView x, RunContext& run) {
  if (factor == 1.0f) return;
  run.backend.scale(factor, x);
  round_rows(x, run);
}

void add_rows(ConstMatrixView delta, MatrixView x, RunContext& run) {
  run.backend.add(delta, x);
  round_rows(x, run);
}

void multiply_rows(ConstMatrixView x, MatrixView y, RunContext& run) {
  run.backend.multiply(x, y);
  round_rows(y, run);
}

void activate_rows(Act act, MatrixView x, RunContext& run) {
  run.backend.activate(act, {}, x);
  round_rows(x, run);
}

void norm_rows(const Spec& spec, const NormWeights& weights, ConstMatrixView x, MatrixView y, RunContext& run) {
  norm_rows(spec, spec.norm_eps, weights, x, y, run);
}

void norm_rows(const Spec& spec, double eps, const NormWeights& weights, ConstMatrixView x, MatrixView y,
               RunContext& run) {
  const bool gain_last = rounds_before_gain(spec, run.precision) && weights.gain != nullptr;
  const float* gain = gain_last ? nullptr : weights.gain;
  run.backend.norm({.kind = spec.norm, .eps = eps, .gain = gain, .bias = weights.bias}, x, y);
  round_rows(y, run);
  if (!gain_last) return;
  run.backend.multiply_columns({weights.gain, y.cols}, y);
  round_rows(y, run);
}

void norm_heads(const Spec& spec, const NormWeights& weights, const HeadColumns& heads, std::size_t gain_step,
                MatrixView x, RunContext& run) {
  const NormCall call = {.kind = spec.norm, .eps = spec.norm_eps, .gain = weights.gain, .bias = weights.bias};
  if (run.precision == Precision::kFloat32) return run.backend.norm_heads(call, heads, gain_step, x);
  for (std::size_t h = 0; h < heads.count; ++h) {
    const MatrixView head = x.col_range(heads(h), heads.width);
    const auto own = [&](const float* of_all) { return of_all == nullptr ? nullptr : of_all + h * gain_step; };
    norm_rows(spec, {.gain = own(weights.gain), .bias = own(weights.bias)}, head, head, run);
  }
}

void project(const Linear& linear, ConstMatrixView x, MatrixView y, RunContext& run) {
  project_unrounded(linear, x, y, run);
  round_rows(y, run);
}

void project_all(std::initializer_list<Projection> projections, ConstMatrixView x, RunContext& run) {
  if (run.precision != Precision::kFloat32) {
    for (const auto& [linear, y] : projections) project(linear, x, y, run);
    return;
  }
  std::vector<MatmulCall> calls;
  for (const auto& [linear, y] : projections) calls.push_back({.x = x, .w = linear.w, .bias = linear.bias, .y = y});
  run.backend.product(calls);
}

}  // namespace sg
