// DeepSeek-V2: latent attention; experts by softmax, not normalised; the first layers dense.
// Facts: transformers models/deepseek_v2, which never reads norm_topk_prob.
#include "model/families/latent_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kInputNorms, kLatentAttention, on(On::kDenseMlp, kLlamaMlp), kExpertTensors, kSharedExperts);

constexpr auto kConfig = join(
    kLlamaWidths, latent_sizes(1536, 512, 128, 128),
    fields({
        max_position(2048),
        rms_eps(1e-6),
        activation("hidden_act", Act::kSilu),
        tied(false),
        flag(Field::kAttnBias, "attention_bias", false),
        rope_theta(10000),
        expert_count(value_of(64)),
        experts_used(kRequired),
        {Field::kExpertWidth, "moe_intermediate_size", "expert_feed_forward_length", kRequired, kRequired, kRequired},
        {Field::kSharedExperts, "n_shared_experts", "expert_shared_count", value_of(2), value_of(0), value_of(0)},
        {Field::kNormTopk, "", "expert_weights_norm", value_of(0)},
        scaled(1),
        groups(1),
        groups_used(1),
        {Field::kDenseLayers, "first_k_dense_replace", "", value_of(0)},
    }));

}  // namespace

extern const Family kDeepseekV2;  // external linkage: the generated list refers to it
constinit const Family kDeepseekV2 = {
    .name = "deepseek_v2",
    .model_types = "deepseek_v2",
    .gguf_arch = "deepseek2",
    .summary = "DeepSeek-V2, V2-Lite, Coder-V2",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = latent_rules,
    .unused_keys =
        "norm_topk_prob|mlp_bias|output_router_logits|head_dim|qk_head_dim|num_key_value_heads|pretraining_tp|ep_size|"
        "moe_layer_freq|scoring_func|seq_aux|aux_loss_alpha|topk_method|router_aux_loss_coef|num_mtp_layers",
    .position = {.pairing = kAdjacentBoth},
    .attention = {.latent = true},
    .experts = {.layers = ExpertLayers::kAfterFirst, .group = GroupScore::kMax, .group_by_method = true},
    .half = {.rotation = HalfRotation::kOnce, .router = HalfRouter::kNothing},
};

}  // namespace sg::families
