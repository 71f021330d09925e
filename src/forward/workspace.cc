#include "forward/workspace.h"

#include <algorithm>

namespace sg {
namespace {

std::size_t gate_up_width(const Spec& spec) {
  const std::size_t widest = std::max(spec.ffn_width, spec.experts.shared_width);
  return spec.mlp == MlpKind::kGated ? 2 * widest : widest;
}

std::size_t latent_width(const Spec& spec) {
  const LatentSpec& latent = spec.latent;
  if (latent.kv_rank == 0) return 0;
  return latent.q_rank + latent.kv_rank + latent.rotated + spec.heads * (latent.nope + spec.value_dim);
}

std::size_t result_width(const Spec& spec) {
  return spec.recurrent.kind == Mixer::kAttention ? 0 : spec.recurrent.inner;
}

std::size_t mix_width(const Spec& spec) {
  const RecurrentSpec& r = spec.recurrent;
  return 2 * r.raw_width() + r.conv_width() + r.select_width() + result_width(spec);
}

std::size_t gated_width(const Spec& spec) { return spec.gated_attention ? 2 * spec.heads * spec.head_dim : 0; }

std::size_t expert_hidden_width(const Spec& spec) {
  if (spec.experts.count == 0) return 0;
  return spec.mlp == MlpKind::kGated ? 2 * spec.experts.width : spec.experts.width;
}

std::size_t expert_width(const Spec& spec) { return spec.experts.count == 0 ? 0 : spec.width; }

std::size_t floats_per_row(const Spec& spec) {
  return 4 * spec.width + spec.qkv_width() + spec.context_width() + latent_width(spec) + mix_width(spec) +
         gated_width(spec) + gate_up_width(spec) + spec.experts.count + expert_hidden_width(spec) +
         2 * expert_width(spec);
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
  context = take(spec.context_width());
  latent = take(latent_width(spec));
  mix_raw = take(spec.recurrent.raw_width());
  mix_sorted = take(spec.recurrent.raw_width());
  mix_conv = take(spec.recurrent.conv_width());
  mix_select = take(spec.recurrent.select_width());
  mix_result = take(result_width(spec));
  gated_queries = take(gated_width(spec));
  gate_up = take(gate_up_width(spec));
  router = take(spec.experts.count);
  expert_in = take(expert_width(spec));
  expert_hidden = take(expert_hidden_width(spec));
  expert_out = take(expert_width(spec));
}

}  // namespace sg
