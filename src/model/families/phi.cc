// Phi-1, Phi-1.5 and Phi-2: a parallel block with one norm, partial rotary, biases everywhere.
// Facts: transformers models/phi.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = tensors({
    {Role::kQ, "model.layers.{}.self_attn.q_proj.weight", "blk.{}.attn_q.weight"},
    {Role::kK, "model.layers.{}.self_attn.k_proj.weight", "blk.{}.attn_k.weight"},
    {Role::kV, "model.layers.{}.self_attn.v_proj.weight", "blk.{}.attn_v.weight"},

    {Role::kEmbed, "model.embed_tokens.weight", "token_embd.weight"},
    {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
    {Role::kAttnNormInBias, "model.layers.{}.input_layernorm.bias", "blk.{}.attn_norm.bias"},
    {Role::kQBias, "model.layers.{}.self_attn.q_proj.bias", "blk.{}.attn_q.bias"},
    {Role::kKBias, "model.layers.{}.self_attn.k_proj.bias", "blk.{}.attn_k.bias"},
    {Role::kVBias, "model.layers.{}.self_attn.v_proj.bias", "blk.{}.attn_v.bias"},
    {Role::kO, "model.layers.{}.self_attn.dense.weight", "blk.{}.attn_output.weight"},
    {Role::kOBias, "model.layers.{}.self_attn.dense.bias", "blk.{}.attn_output.bias"},
    {Role::kQNorm, "model.layers.{}.self_attn.q_layernorm.weight", "", Need::kFlag, Field::kQkNorm},
    {Role::kQNormBias, "model.layers.{}.self_attn.q_layernorm.bias", "", Need::kFlag, Field::kQkNorm},
    {Role::kKNorm, "model.layers.{}.self_attn.k_layernorm.weight", "", Need::kFlag, Field::kQkNorm},
    {Role::kKNormBias, "model.layers.{}.self_attn.k_layernorm.bias", "", Need::kFlag, Field::kQkNorm},
    {Role::kUp, "model.layers.{}.mlp.fc1.weight", "blk.{}.ffn_up.weight"},
    {Role::kUpBias, "model.layers.{}.mlp.fc1.bias", "blk.{}.ffn_up.bias"},
    {Role::kDown, "model.layers.{}.mlp.fc2.weight", "blk.{}.ffn_down.weight"},
    {Role::kDownBias, "model.layers.{}.mlp.fc2.bias", "blk.{}.ffn_down.bias"},
    {Role::kFinalNorm, "model.final_layernorm.weight", "output_norm.weight"},
    {Role::kFinalNormBias, "model.final_layernorm.bias", "output_norm.bias"},
    {Role::kHead, "lm_head.weight", "output.weight", Need::kOptional},
    {Role::kHeadBias, "lm_head.bias", "output.bias"},
});

constexpr auto kConfig = join(kLlamaWidths, kGroupedHeads,
                              fields({
                                  max_position(2048),
                                  layer_norm_eps("layer_norm_eps"),
                                  activation("hidden_act", Act::kGeluTanh),
                                  tied(false),
                                  flag(Field::kQkNorm, "qk_layernorm", false),
                                  rotary_share(kPartialRotary, 0.5),
                                  rope_theta(10000),
                              }));

constexpr auto kDefaults = class_defaults(24, 2048, 32, 8192, 51200);

}  // namespace

extern const Family kPhi;  // external linkage: the generated list refers to it
constinit const Family kPhi = {
    .name = "phi",
    .model_types = "phi",
    .gguf_arch = "phi2",
    .summary = "Phi-1, Phi-1.5, Phi-2",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .norm = {.kind = NormKind::kLayer},
    .block = {.order = Order::kParallel},
    .position = {.pairing = kHalvesBoth},
    .attention = {.qk_norm = QkNorm::kPerHead},
    .mlp = {.kind = MlpKind::kPlain},
    .half = {.gelu = HalfGelu::kPower, .branches_first = true},
};

}  // namespace sg::families
