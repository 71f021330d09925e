// ERNIE 4.5 with experts: a softmax chosen from with a correction, shared experts, some layers dense.
// Facts: transformers models/ernie4_5_moe.
#include "model/families/expert_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, on(On::kDenseMlp, kLlamaMlp),
         on(On::kDenseMlp, kLlamaMlpBiases), kExpertTensors, kSharedExperts,
         tensors({
             {Role::kHeadBias, "lm_head.bias", "", Need::kFlag, Field::kAttnBias},
         }),
         on(On::kExperts, tensors({
                              {Role::kRouterCorrection, "model.layers.{}.mlp.moe_statics.e_score_correction_bias",
                               "blk.{}.exp_probs_b.bias"},
                              {Role::kSharedGateBias, "model.layers.{}.mlp.shared_experts.gate_proj.bias", "",
                               Need::kFlag, Field::kSharedBias},
                              {Role::kSharedUpBias, "model.layers.{}.mlp.shared_experts.up_proj.bias", "", Need::kFlag,
                               Field::kSharedBias},
                              {Role::kSharedDownBias, "model.layers.{}.mlp.shared_experts.down_proj.bias", "",
                               Need::kFlag, Field::kSharedBias},
                          })));

constexpr auto kConfig = join(
    kLlamaWidths,
    fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(4), same_as(Field::kHeads),
             same_as(Field::kHeads)},
            {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
             derived(From::kWidthOverHeads)}}),
    fields({
        max_position(131072),
        rms_eps(1e-5),
        activation("hidden_act", Act::kSilu),
        tied(true),
        flag(Field::kAttnBias, "use_bias", false),
        flag(Field::kMlpBias, "use_bias", false),
        rope_theta(500000),
        {Field::kExperts, "moe_num_experts|num_experts|num_local_experts", "expert_count", value_of(64), kRequired,
         kRequired},
        {Field::kExpertsUsed, "moe_k|num_experts_per_tok", "expert_used_count", value_of(6)},
        {Field::kExpertWidth, "moe_intermediate_size", "expert_feed_forward_length", value_of(1536), kRequired,
         kRequired},
        {Field::kSharedExperts, "moe_num_shared_experts", "expert_shared_count", value_of(2), value_of(0), value_of(0)},
        kNormalised,
        {Field::kExpertStart, "moe_layer_start_index", "", value_of(1)},
        {Field::kExpertEnd, "moe_layer_end_index", "", value_of(-1)},
        {Field::kSparseStep, "moe_layer_interval", "", value_of(1)},
        {Field::kSumFloor, "moe_norm_min", "", value_of(1e-12)},
    }));

void rules(Fields& fields) {
  shared_by_count(fields);
  fields.set_flag(Field::kSharedBias, fields.flag(Field::kShared) && fields.flag(Field::kMlpBias));
}

}  // namespace

extern const Family kErnie45Moe;  // external linkage: the generated list refers to it
constinit const Family kErnie45Moe = {
    .name = "ernie4_5_moe",
    .model_types = "ernie4_5_moe",
    .gguf_arch = "ernie4_5-moe",
    .summary = "ERNIE 4.5 21B-A3B, 300B-A47B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = rules,
    .unused_keys = kUnusedByExperts,
    .position = {.pairing = kAdjacentBoth},
    .experts = {.layers = ExpertLayers::kBetween},
    .half = {.rotation = HalfRotation::kOnce, .router = HalfRouter::kWeights},
};

}  // namespace sg::families
