// Phi-3.5-MoE: LayerNorm with biases, two experts chosen one after the other.
// Facts: transformers models/phimoe.
#include "model/families/expert_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kMixtralExperts,
         tensors({
             {Role::kAttnNormInBias, "model.layers.{}.input_layernorm.bias", "blk.{}.attn_norm.bias"},
             {Role::kMlpNormInBias, "model.layers.{}.post_attention_layernorm.bias", "blk.{}.ffn_norm.bias"},
             {Role::kFinalNormBias, "model.norm.bias", "output_norm.bias"},
             {Role::kHeadBias, "lm_head.bias", "output.bias", Need::kFlag, Field::kHeadBias},
             {Role::kRopeLong, "", "rope_factors_long.weight", Need::kOptional},
             {Role::kRopeShort, "", "rope_factors_short.weight", Need::kOptional},
         }));

constexpr auto kConfig = join(
    kLlamaWidths,
    fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(8), same_as(Field::kHeads),
             same_as(Field::kHeads)},
            {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
             derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
    fields({
        max_position(131072),
        {Field::kNormEps, "rms_norm_eps", "attention.layer_norm_rms_epsilon", value_of(1e-5), kRequired, kRequired},
        activation("hidden_act", Act::kSilu),
        tied(false),
        flag(Field::kAttnBias, "attention_bias", false),
        flag(Field::kHeadBias, "lm_head_bias", false),
        {Field::kWindow, "sliding_window", "", value_of(0), value_of(0)},
        rope_theta(1000000),
        expert_count(value_of(16)),
        experts_used(value_of(2)),
        kSameWidth,
        {Field::kRouterJitter, "router_jitter_noise", "", value_of(0.01)},
    }));

}  // namespace

extern const Family kPhimoe;  // external linkage: the generated list refers to it
constinit const Family kPhimoe = {
    .name = "phimoe",
    .model_types = "phimoe",
    .gguf_arch = "phimoe",
    .summary = "Phi-3.5-MoE, Phi-mini-MoE, Phi-tiny-MoE",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .unused_keys = "output_router_logits|router_aux_loss_coef|input_jitter_noise",
    .norm = {.kind = NormKind::kLayer},
    .position = {.pairing = kHalvesBoth, .mscales = true},
    .attention = {.windows = Windows::kAllLayers},
    .experts = {.layers = ExpertLayers::kAll, .score = RouterScore::kSparsemixer},
};

}  // namespace sg::families
