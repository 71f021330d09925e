// Hunyuan with experts and a shared one as wide as each.
// Facts: transformers models/hunyuan_v1_moe; GGUF states the stretched base.
#include "model/families/expert_rows.h"

namespace sg::families {
namespace {

/// The router is a module of its own.
constexpr auto kHunyuanExperts = [] {
  auto rows = kExpertTensors;
  rows[0].hf = "model.layers.{}.mlp.gate.wg.weight";
  return rows;
}();

constexpr auto kTensors =
    join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kHunyuanExperts,
         tensors({
             {Role::kQNorm, "model.layers.{}.self_attn.query_layernorm.weight", "blk.{}.attn_q_norm.weight"},
             {Role::kKNorm, "model.layers.{}.self_attn.key_layernorm.weight", "blk.{}.attn_k_norm.weight"},
         }),
         on(On::kExperts,
            tensors({
                {Role::kSharedGate, "model.layers.{}.mlp.shared_mlp.gate_proj.weight", "blk.{}.ffn_gate_shexp.weight"},
                {Role::kSharedUp, "model.layers.{}.mlp.shared_mlp.up_proj.weight", "blk.{}.ffn_up_shexp.weight"},
                {Role::kSharedDown, "model.layers.{}.mlp.shared_mlp.down_proj.weight", "blk.{}.ffn_down_shexp.weight"},
            })));

constexpr auto kConfig =
    join(kLlamaWidths, kGroupedHeads,
         fields({
             max_position(2048),
             rms_eps(1e-5),
             activation("hidden_act", Act::kSilu),
             tied(false),
             flag(Field::kAttnBias, "attention_bias", false),
             rope_theta(10000),
             expert_count(value_of(1)),
             {Field::kExpertsUsed, "moe_topk|num_experts_per_tok", "expert_used_count"},
             kSameWidth,
             {Field::kSharedWidth, "", "expert_shared_feed_forward_length", same_as(Field::kFfnWidth)},
             kNormalised,
         }));

}  // namespace

extern const Family kHunyuanV1Moe;  // external linkage: the generated list refers to it
constinit const Family kHunyuanV1Moe = {
    .name = "hunyuan_v1_moe",
    .model_types = "hunyuan_v1_moe",
    .gguf_arch = "hunyuan-moe",
    .summary = "Hunyuan A13B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = shared_by_width,
    .unused_keys = "output_router_logits",
    .position = {.pairing = kHalvesBoth, .ntk_alpha = true},
    .attention = {.qk_norm = QkNorm::kPerHead, .qk_norm_rotated = true},
    .experts = {.layers = ExpertLayers::kAll},
    .half = {.router = HalfRouter::kNothing},  // float32 in the reference; files store it in their type
};

}  // namespace sg::families
