// DeepSeek-V3, R1 and Kimi K2: latent attention; sigmoid routing in groups with a correction.
// Facts: transformers models/deepseek_v3.
#include "model/families/latent_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLatentAttention, on(On::kDenseMlp, kLlamaMlp), kExpertTensors,
                               kSharedExperts, kCorrection);

constexpr auto kConfig =
    join(kLlamaWidths, latent_sizes(1536, 512, 128, 128),
         fields({
             max_position(4096),
             rms_eps(1e-6),
             activation("hidden_act", Act::kSilu),
             tied(false),
             flag(Field::kAttnBias, "attention_bias", false),
             flag(Field::kRopeInterleave, "rope_interleave", true),
             rope_theta(10000),
             expert_count(value_of(256)),
             experts_used(value_of(8)),
             {Field::kExpertWidth, "moe_intermediate_size", "expert_feed_forward_length", value_of(2048), kRequired,
              kRequired},
             {Field::kSharedExperts, "n_shared_experts", "expert_shared_count", value_of(1), value_of(0), value_of(0)},
             {Field::kNormTopk, "norm_topk_prob", "expert_weights_norm", value_of(1)},
             scaled(2.5),
             groups(8),
             groups_used(4),
             {Field::kDenseLayers, "first_k_dense_replace", "", value_of(3)},
         }));

}  // namespace

extern const Family kDeepseekV3;  // external linkage: the generated list refers to it
constinit const Family kDeepseekV3 = {
    .name = "deepseek_v3",
    .model_types = "deepseek_v3|kimi_k2",
    .gguf_arch = "deepseek2",
    .summary = "DeepSeek-V3, R1, V3.1, Kimi K2 as GGUF or BF16",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .gguf_key = "expert_gating_func=2",
    .rules = latent_rules,
    .unused_keys = kUnusedByLatents,
    .position = {.pairing = kAdjacentBoth},
    .attention = {.latent = true},
    .experts = {.layers = ExpertLayers::kAfterFirst, .score = RouterScore::kSigmoid, .sum_eps = 1e-20},
    .half = {.router = HalfRouter::kNothing},
};

}  // namespace sg::families
