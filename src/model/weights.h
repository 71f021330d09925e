// The weights of a model as the forward pass reads them: matrices as they are stored, vectors in float32.
#pragma once

#include <vector>

#include "kernel/kernels.h"
#include "model/model.h"

namespace sg {

struct NormWeights {
  const float* gain = nullptr;  // (width), offset added; null: no gain
  const float* bias = nullptr;
};
struct Linear {
  WeightView w;                 // w.data == nullptr: the model has none
  const float* bias = nullptr;  // (outputs) or null
  explicit operator bool() const { return w.data != nullptr; }
};

/// One expert's weights; gate_up or gate and up, neither for a plain MLP.
struct ExpertWeights {
  Linear gate, up, gate_up, down;
};

/// What mixes tokens in a layer without attention; members that its kind lacks are null.
struct RecurrentWeights {
  Linear in, gate, beta, alpha, select, step, out;
  const float *conv = nullptr, *conv_bias = nullptr;  // (channels x taps), (channels)
  const float *decay = nullptr, *step_bias = nullptr, *skip = nullptr;
  NormWeights norm, step_norm, in_norm, out_norm;
};

/// y += up(down(x)), of low rank.
struct Adapter {
  Linear down, up;
};

/// What a layer has around a block of attention and MLP that it shares with others; `out` makes of it what is added to
/// what the mixer's norm reads.
struct SharedBlockWeights {
  NormWeights norm;  // of the stream and the embedding beside it, (2 d_model)
  Adapter q, k, v, gate_up;
  Linear out;
};

/// One block's weights. Pointers are valid until the next call of WeightStream::layer.
struct LayerWeights {
  NormWeights attn_in, attn_out, mlp_in, mlp_out, q_norm, k_norm, q_latent_norm, kv_latent_norm;
  std::vector<Linear> k_b, v_b;  // by head, in place of kv_b
  Linear q, k, v, qkv, q_a, q_b, kv_a, kv_b, o, gate, up, gate_up, down;
  const float* sinks = nullptr;  // one per head, or null
  Linear router;
  const float* router_correction = nullptr;  // one per expert, or null
  std::vector<ExpertWeights> experts;        // empty: the layer has one MLP
  Linear latent_in, latent_out;              // around the routed experts, or none
  ExpertWeights shared;
  Linear shared_router;  // of its factor, or none
  RecurrentWeights recurrent;
  SharedBlockWeights shared_block;
  XieluParams xielu;
  NormWeights dense_out, expert_in, expert_out;                  // of an MLP and experts side by side
  const float *router_scale = nullptr, *expert_scale = nullptr;  // by channel, by expert, or null
  Linear input_gate, input_out;                                  // of the layer's own input, or none
  NormWeights input_norm_out;
  float scale = 1;  // of the stream at the block's end
};

/// Weights outside the blocks; valid as long as the stream.
struct OuterWeights {
  WeightView embed;
  WeightView positions;     // learned; data null otherwise
  WeightView layer_inputs;  // the second table, of every layer's own input; data null otherwise
  Linear input_project;
  NormWeights input_norm;
  Linear project_in, project_out;
  NormWeights embed_norm, final_norm;
  Linear head;
};

}  // namespace sg
