// Latent attention (DeepSeek-AI 2024, arXiv:2405.04434), in its plain form: every head's keys and values are made from
// one latent vector per token, because a recorder wants the vectors themselves and not the absorbed scores.
#include <algorithm>

#include "forward/blocks.h"

namespace sg {
namespace {

/// [every head's keys and values] of one row to their places among the keys and among the values.
void place_row(const Spec& spec, const float* keys_and_values, float* keys, float* values) {
  const std::size_t nope = spec.latent.nope, value = spec.value_dim;
  for (std::size_t h = 0; h < spec.heads; ++h) {
    const float* from = keys_and_values + h * (nope + value);
    std::copy_n(from, nope, keys + h * spec.head_dim);
    std::copy_n(from + nope, value, values + h * value);
  }
}

void project_queries(const LayerCall& call, ConstMatrixView in, MatrixView q, Workspace& ws, RunContext& run) {
  const LayerWeights& w = call.weights;
  const LatentSpec& latent = call.spec.latent;
  if (latent.q_rank == 0) return project(w.q, in, q, run);
  const MatrixView compressed = ws.latent.col_range(0, latent.q_rank);
  project(w.q_a, in, compressed, run);
  norm_rows(call.spec, latent.norm_eps, w.q_latent_norm, compressed, compressed, run);
  project(w.q_b, compressed, q, run);
}

}  // namespace

void project_latent(const LayerCall& call, ConstMatrixView in, MatrixView qkv, Workspace& ws, RunContext& run) {
  const Spec& spec = call.spec;
  const LayerWeights& w = call.weights;
  const LatentSpec& latent = spec.latent;
  const std::size_t heads = spec.heads, d = spec.head_dim;
  project_queries(call, in, qkv.col_range(0, heads * d), ws, run);
  const MatrixView keys = qkv.col_range(heads * d, heads * d),
                   values = qkv.col_range(2 * heads * d, heads * spec.value_dim);
  const MatrixView compressed = ws.latent.col_range(latent.q_rank, latent.kv_rank + latent.rotated);
  const MatrixView shared = compressed.col_range(0, latent.kv_rank);
  const std::size_t made = latent.q_rank + latent.kv_rank + latent.rotated;
  project(w.kv_a, in, compressed, run);
  norm_rows(spec, latent.norm_eps, w.kv_latent_norm, shared, shared, run);
  if (w.kv_b) {
    const MatrixView all = ws.latent.col_range(made, heads * (latent.nope + spec.value_dim));
    project(w.kv_b, shared, all, run);
    for (std::size_t r = 0; r < in.rows; ++r) place_row(spec, all.row(r), keys.row(r), values.row(r));
  } else {
    for (std::size_t h = 0; h < heads; ++h) {
      project(w.k_b[h], shared, keys.col_range(h * d, latent.nope), run);
      project(w.v_b[h], shared, values.col_range(h * spec.value_dim, spec.value_dim), run);
    }
  }
  for (std::size_t r = 0; r < in.rows; ++r) {
    for (std::size_t h = 0; h < heads; ++h) {
      std::copy_n(compressed.row(r) + latent.kv_rank, latent.rotated, keys.row(r) + h * d + latent.nope);
    }
  }
}

}  // namespace sg
