// GLM-4-0414: GLM with a norm before and after each branch.
// Facts: transformers models/glm4.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(
    kLlamaEnds, kLlamaAttention, kLlamaQkvBiases,
    tensors({
        {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
        {Role::kAttnNormOut, "model.layers.{}.post_self_attn_layernorm.weight", "blk.{}.post_attention_norm.weight"},
        {Role::kMlpNormIn, "model.layers.{}.post_attention_layernorm.weight", "blk.{}.ffn_norm.weight"},
        {Role::kMlpNormOut, "model.layers.{}.post_mlp_layernorm.weight", "blk.{}.post_ffw_norm.weight"},
        {Role::kGateUp, "model.layers.{}.mlp.gate_up_proj.weight", "blk.{}.ffn_up.weight"},
        {Role::kDown, "model.layers.{}.mlp.down_proj.weight", "blk.{}.ffn_down.weight"},
    }));

constexpr auto kConfig = join(kLlamaWidths,
                              fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(2),
                                       same_as(Field::kHeads), same_as(Field::kHeads)},
                                      {Field::kHeadDim, "head_dim", "attention.key_length", value_of(128),
                                       derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
                              fields({
                                  max_position(131072),
                                  rms_eps(1.5625e-7),
                                  activation("hidden_act", Act::kSilu),
                                  tied(false),
                                  flag(Field::kAttnBias, "attention_bias", true),
                                  rotary_share(kPartialRotary, 0.5),
                                  rope_theta(10000),
                              }));

}  // namespace

extern const Family kGlm4;  // external linkage: the generated list refers to it
constinit const Family kGlm4 = {
    .name = "glm4",
    .model_types = "glm4",
    .gguf_arch = "glm4",
    .summary = "GLM-4-0414 9B, 32B, GLM-Z1",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .block = {.norm_at = NormAt::kInput | NormAt::kOutput},
    .position = {.pairing = kAdjacentBoth},
    .mlp = {.fused_gate_up = {true, true}},
};

}  // namespace sg::families
