// LFM2 with experts.
// Facts: transformers models/lfm2_moe.
#include "model/families/lfm_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLfmEnds, kLfmAttention, kLfmConv,
         on(On::kExperts,
            tensors({
                {Role::kRouter, "model.layers.{}.feed_forward.gate.weight", "blk.{}.ffn_gate_inp.weight"},
                {Role::kRouterCorrection, "model.layers.{}.feed_forward.expert_bias", "blk.{}.exp_probs_b.bias",
                 Need::kFlag, Field::kCorrected},
                {Role::kExpertGate, "model.layers.{}.feed_forward.experts.{}.w1.weight", "", Need::kOptional},
                {Role::kExpertUp, "model.layers.{}.feed_forward.experts.{}.w3.weight", "", Need::kOptional},
                {Role::kExpertDown, "model.layers.{}.feed_forward.experts.{}.w2.weight", "", Need::kOptional},
                {Role::kExpertGate, "", "blk.{}.ffn_gate_exps.weight", Need::kOptional},
                {Role::kExpertUp, "", "blk.{}.ffn_up_exps.weight", Need::kOptional},
                {Role::kExpertGateUp, "model.layers.{}.feed_forward.experts.gate_up_proj", "", Need::kOptional},
                {Role::kExpertDown, "model.layers.{}.feed_forward.experts.down_proj", "blk.{}.ffn_down_exps.weight",
                 Need::kOptional},
            })));

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(8),
                  same_as(Field::kHeads), same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
                  derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
         kLfmFields,
         fields({
             expert_count(value_of(32)),
             experts_used(value_of(4)),
             {Field::kExpertWidth, "moe_intermediate_size", "expert_feed_forward_length", value_of(1792), kRequired,
              kRequired},
             {Field::kDenseLayers, "num_dense_layers", "", value_of(2)},
             {Field::kNormTopk, "norm_topk_prob", "", value_of(1)},
             scaled(1),
             flag(Field::kCorrected, "use_expert_bias", true),
         }));

}  // namespace

extern const Family kLfm2Moe;  // external linkage: the generated list refers to it
constinit const Family kLfm2Moe = {
    .name = "lfm2_moe",
    .model_types = "lfm2_moe",
    .gguf_arch = "lfm2moe",
    .summary = "LFM2 8B-A1B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .unused_keys = "output_router_logits",
    .position = {.pairing = kHalvesBoth},
    .attention = {.qk_norm = QkNorm::kPerHead},
    .mixer = {.kind = Mixer::kShortConv, .layers = MixerLayers::kIndexed},
    .experts = {.layers = ExpertLayers::kAfterFirst, .score = RouterScore::kSigmoid, .sum_eps = 1e-6},
};

}  // namespace sg::families
