// GLM-4.7-Flash: latent attention and the experts of GLM-4.5.
// Facts: transformers models/glm4_moe_lite; in GGUF of architecture deepseek2, as DeepSeek-V3.
#include "model/families/latent_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLatentAttention, on(On::kDenseMlp, kLlamaMlp), kExpertTensors,
                               kSharedExperts, kCorrection);

constexpr auto kConfig =
    join(kLlamaWidths, latent_sizes(768, 512, 192, 256),
         fields({
             max_position(202752),
             rms_eps(1e-5),
             activation("hidden_act", Act::kSilu),
             tied(false),
             flag(Field::kAttnBias, "attention_bias", false),
             flag(Field::kRopeInterleave, "rope_interleave", true),
             rope_theta(10000),
             expert_count(value_of(64)),
             experts_used(value_of(4)),
             {Field::kExpertWidth, "moe_intermediate_size", "expert_feed_forward_length", value_of(1536), kRequired,
              kRequired},
             {Field::kSharedExperts, "n_shared_experts", "expert_shared_count", value_of(1), value_of(0), value_of(0)},
             {Field::kNormTopk, "norm_topk_prob", "", value_of(1)},
             scaled(1.8),
             groups(1),
             groups_used(1),
             {Field::kDenseLayers, "", "", value_of(1)},
         }));

}  // namespace

extern const Family kGlm4MoeLite;  // external linkage: the generated list refers to it
constinit const Family kGlm4MoeLite = {
    .name = "glm4_moe_lite",
    .model_types = "glm4_moe_lite",
    .gguf_arch = "",
    .summary = "GLM-4.7-Flash",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = latent_rules,
    .unused_keys = kUnusedByLatents,
    .position = {.pairing = kAdjacentBoth},
    .attention = {.latent = true},
    .experts = {.layers = ExpertLayers::kListed, .score = RouterScore::kSigmoid, .sum_eps = 1e-20},
    .half = {.router = HalfRouter::kNothing},
};

}  // namespace sg::families
