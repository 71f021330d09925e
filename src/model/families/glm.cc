// GLM-4 of 2024: partial rotation of adjacent pairs, gate and up as one matrix.
// Facts: transformers models/glm.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases,
                               tensors({
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

extern const Family kGlm;  // external linkage: the generated list refers to it
constinit const Family kGlm = {
    .name = "glm",
    .model_types = "glm",
    .gguf_arch = "chatglm",
    .summary = "GLM-4 9B, GLM-Edge",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .position = {.pairing = kAdjacentBoth},
    .mlp = {.fused_gate_up = {true, true}},
};

}  // namespace sg::families
