// GLM-4.5 to 4.7: sigmoid routing with a correction, a shared expert, the first layers dense.
// Facts: transformers models/glm4_moe; its norm before the MLP is named after the attention in GGUF, which counts the
// layers that predict further tokens.
#include "model/families/expert_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kLlamaAttention, kLlamaQkvBiases, on(On::kDenseMlp, kLlamaMlp), kExpertTensors, kSharedExperts,
         kCorrection,
         tensors({
             {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
             {Role::kMlpNormIn, "model.layers.{}.post_attention_layernorm.weight", "blk.{}.post_attention_norm.weight"},
             {Role::kQNorm, "model.layers.{}.self_attn.q_norm.weight", "blk.{}.attn_q_norm.weight", Need::kFlag,
              Field::kQkNorm},
             {Role::kKNorm, "model.layers.{}.self_attn.k_norm.weight", "blk.{}.attn_k_norm.weight", Need::kFlag,
              Field::kQkNorm},
         }));

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(8),
                  same_as(Field::kHeads), same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
                  derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
         fields({
             max_position(131072),
             rms_eps(1e-5),
             activation("hidden_act", Act::kSilu),
             tied(false),
             flag(Field::kAttnBias, "attention_bias", false),
             {Field::kQkNorm, "use_qk_norm", "", value_of(0), kRequired, derived(From::kPresent)},
             rotary_share(kPartialRotary, 0.5),
             rope_theta(10000),
             expert_count(value_of(128)),
             experts_used(value_of(8)),
             {Field::kExpertWidth, "moe_intermediate_size", "expert_feed_forward_length", value_of(1408), kRequired,
              kRequired},
             {Field::kSharedExperts, "n_shared_experts", "expert_shared_count", value_of(1), value_of(0)},
             {Field::kNormTopk, "norm_topk_prob", "expert_weights_norm", value_of(1)},
             scaled(1),
             groups(1),
             groups_used(1),
             {Field::kDenseLayers, "first_k_dense_replace", "", value_of(1)},
         }));

}  // namespace

extern const Family kGlm4Moe;  // external linkage: the generated list refers to it
constinit const Family kGlm4Moe = {
    .name = "glm4_moe",
    .model_types = "glm4_moe",
    .gguf_arch = "glm4moe",
    .summary = "GLM-4.5, 4.5-Air, 4.6, 4.7",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = shared_by_count,
    .unused_keys = "output_router_logits|num_nextn_predict_layers|num_mtp_layers",
    .position = {.pairing = kHalvesBoth},
    .attention = {.qk_norm = QkNorm::kPerHead},
    .experts = {.layers = ExpertLayers::kAfterFirst, .score = RouterScore::kSigmoid, .sum_eps = 1e-20},
    .half = {.router = HalfRouter::kNothing},
};

}  // namespace sg::families
