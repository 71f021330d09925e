// Hunyuan dense: LLaMA with norms over each head after the rotation, and a base stretched once.
// Facts: transformers models/hunyuan_v1_dense; GGUF states the stretched base.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kLlamaMlp,
         tensors({
             {Role::kQNorm, "model.layers.{}.self_attn.query_layernorm.weight", "blk.{}.attn_q_norm.weight"},
             {Role::kKNorm, "model.layers.{}.self_attn.key_layernorm.weight", "blk.{}.attn_k_norm.weight"},
         }));

constexpr auto kConfig = join(kLlamaWidths, kGroupedHeads,
                              fields({
                                  max_position(2048),
                                  rms_eps(1e-5),
                                  activation("hidden_act", Act::kSilu),
                                  tied(false),
                                  flag(Field::kAttnBias, "attention_bias", false),
                                  rope_theta(10000),
                              }));

}  // namespace

extern const Family kHunyuanV1Dense;  // external linkage: the generated list refers to it
constinit const Family kHunyuanV1Dense = {
    .name = "hunyuan_v1_dense",
    .model_types = "hunyuan_v1_dense",
    .gguf_arch = "hunyuan-dense",
    .summary = "Hunyuan 0.5B-7B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .position = {.pairing = kHalvesBoth, .ntk_alpha = true},
    .attention = {.qk_norm = QkNorm::kPerHead, .qk_norm_rotated = true},
};

}  // namespace sg::families
