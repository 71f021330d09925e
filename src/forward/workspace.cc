#include "forward/workspace.h"

#include <algorithm>

namespace sg {
namespace {

/// The largest over all layers.
template <class Width>
std::size_t widest_of(const Spec& spec, Width&& width) {
  std::size_t most = width(spec);
  for (const auto& layer : spec.apart) most = std::max(most, width(*layer));
  return most;
}

std::size_t qkv_width(const Spec& spec) {
  return widest_of(spec, [](const Spec& s) { return s.qkv_width(); });
}

std::size_t context_width(const Spec& spec) {
  return widest_of(spec, [](const Spec& s) { return s.context_width(); });
}

/// Of the keys and values of layer l, where later layers attend with them.
std::size_t kept_width(const Spec& spec, std::size_t l) {
  const auto takes = [&](const LayerAttention& at) { return at.kv_from == static_cast<int>(l); };
  const Spec& own = spec.of(l);
  return std::ranges::any_of(spec.attention, takes) ? 2 * own.kv_heads * own.head_dim : 0;
}

std::size_t all_kept(const Spec& spec) {
  std::size_t all = 0;
  for (std::size_t l = 0; l < spec.layers; ++l) all += kept_width(spec, l);
  return all;
}

std::size_t dense_out_width(const Spec& spec) { return spec.experts.router.beside_dense ? spec.width : 0; }

std::size_t gate_up_width(const Spec& spec) {
  const std::size_t ffn = widest_of(spec, [](const Spec& s) { return s.ffn_width; });
  const std::size_t widest = std::max({ffn, spec.experts.shared_width, spec.layer_input});
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

/// The start of the stream, and twice a copy of its rows.
std::size_t start_width(const Spec& spec) { return spec.shared_block.count == 0 ? 0 : spec.width; }

std::size_t adapted_width(const Spec& spec) {
  if (spec.shared_block.count == 0) return 0;
  return std::max({2 * spec.ffn_width, spec.heads * spec.head_dim, spec.kv_heads * spec.head_dim});
}

std::size_t expert_hidden_width(const Spec& spec) {
  if (spec.experts.count == 0) return 0;
  return spec.mlp == MlpKind::kGated ? 2 * spec.experts.width : spec.experts.width;
}

std::size_t expert_width(const Spec& spec) { return spec.experts.count == 0 ? 0 : spec.width; }

std::size_t floats_per_row(const Spec& spec) {
  return 4 * spec.width + qkv_width(spec) + context_width(spec) + spec.layers * spec.layer_input + all_kept(spec) +
         dense_out_width(spec) + 3 * start_width(spec) + spec.shared_block.rank + adapted_width(spec) +
         latent_width(spec) + mix_width(spec) + gated_width(spec) + gate_up_width(spec) + spec.experts.count +
         expert_hidden_width(spec) + 2 * expert_width(spec) + spec.experts.latent;
}

}  // namespace

std::size_t Workspace::bytes(const Spec& spec, std::size_t rows) { return rows * floats_per_row(spec) * sizeof(float); }

Workspace::Workspace(const Spec& spec, std::size_t rows, Backend& backend)
    : memory_(backend.allocate(rows * floats_per_row(spec))) {
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
  qkv = take(qkv_width(spec));
  context = take(context_width(spec));
  latent = take(latent_width(spec));
  mix_raw = take(spec.recurrent.raw_width());
  mix_sorted = take(spec.recurrent.raw_width());
  mix_conv = take(spec.recurrent.conv_width());
  mix_select = take(spec.recurrent.select_width());
  mix_result = take(result_width(spec));
  layer_inputs = take(spec.layers * spec.layer_input);
  for (std::size_t l = 0; l < spec.layers; ++l) kept.push_back(take(kept_width(spec, l)));
  start = take(start_width(spec));
  beside = take(2 * start_width(spec));
  adapter_low = take(spec.shared_block.rank);
  adapted = take(adapted_width(spec));
  dense_out = take(dense_out_width(spec));
  gated_queries = take(gated_width(spec));
  gate_up = take(gate_up_width(spec));
  router = take(spec.experts.count);
  expert_in = take(expert_width(spec));
  expert_hidden = take(expert_hidden_width(spec));
  expert_out = take(expert_width(spec));
  expert_latent = take(spec.experts.latent);
}

}  // namespace sg
