#include "forward/workspace.h"

namespace sg {
namespace {

std::size_t gate_up_width(const Spec& spec) {
  return spec.mlp == MlpKind::kGated ? 2 * spec.ffn_width : spec.ffn_width;
}

std::size_t floats_per_row(const Spec& spec) {
  return 4 * spec.width + spec.qkv_width() + spec.heads * spec.head_dim + gate_up_width(spec);
}

}  // namespace

std::size_t Workspace::bytes(const Spec& spec, std::size_t rows) { return rows * floats_per_row(spec) * sizeof(float); }

Workspace::Workspace(const Spec& spec, std::size_t rows)
    : memory_(std::make_unique_for_overwrite<float[]>(rows * floats_per_row(spec))) {
  float* next = memory_.get();
  const auto take = [&](std::size_t cols) {
    const MatrixView view = {next, rows, cols, cols};
    next += rows * cols;
    return view;
  };
  stream = take(spec.width);
  normed = take(spec.width);
  attn_delta = take(spec.width);
  mlp_delta = take(spec.width);
  qkv = take(spec.qkv_width());
  context = take(spec.heads * spec.head_dim);
  gate_up = take(gate_up_width(spec));
}

}  // namespace sg
