// Workspace: the activation matrices of one batch, allocated once and reused by every layer.
#pragma once

#include <memory>
#include <vector>

#include "base/span2d.h"
#include "forward/backend.h"
#include "model/spec.h"

namespace sg {

/// Owns its matrices, in memory of a backend; rows are tokens. Not thread-safe.
class Workspace {
 public:
  Workspace(const Spec& spec, std::size_t rows, Backend& backend);

  MatrixView stream, normed, attn_delta, mlp_delta;  // (rows x d_model)
  MatrixView qkv;                                    // (rows x qkv_width)
  MatrixView context;                                // (rows x heads * d_head)
  MatrixView gate_up;  // (rows x ffn_width), twice as wide for gated MLPs; a shared expert's too
  MatrixView latent;   // (rows x what latent attention makes on the way), or nothing
  // Of models with recurrent mixers: projections, and in their order of use; after the convolution; step, input and
  // output; what the recurrence makes.
  MatrixView mix_raw, mix_sorted, mix_conv, mix_select, mix_result;
  MatrixView gated_queries;  // (rows x 2 heads * d_head) of gated attention, or nothing
  // Of models with experts: logits (rows x experts), and what one expert reads, keeps and makes.
  MatrixView router, expert_in, expert_hidden, expert_out;
  MatrixView expert_latent;  // (rows x latent) of experts that read less than the stream, or nothing

  MatrixView layer_inputs;       // (rows x layers * layer_input), or nothing
  std::vector<MatrixView> kept;  // keys and values for later layers, by layer; no columns where none are kept
  // Of models with shared blocks: the stream's start, (rows x d_model); what they read, (rows x 2 d_model); what
  // adapters make on the way, (rows x rank), and of it.
  MatrixView start, beside, adapter_low, adapted;
  MatrixView dense_out;  // (rows x d_model) of an MLP beside experts, or nothing

  static std::size_t bytes(const Spec& spec, std::size_t rows);

 private:
  std::shared_ptr<float[]> memory_;
};

}  // namespace sg
