// Granite 3 with experts, and with a shared one.
// Facts: transformers models/granitemoe, models/granitemoeshared; GGUF permutes q and k.
#include "model/families/expert_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(
    kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kRopeDivisors,
    on(On::kExperts,
       tensors({
           {Role::kRouter, "model.layers.{}.block_sparse_moe.router.layer.weight", "blk.{}.ffn_gate_inp.weight"},
           {Role::kExpertGateUp, "model.layers.{}.block_sparse_moe.input_linear.weight", "", Need::kOptional},
           {Role::kExpertGate, "", "blk.{}.ffn_gate_exps.weight", Need::kOptional},
           {Role::kExpertUp, "", "blk.{}.ffn_up_exps.weight", Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.block_sparse_moe.output_linear.weight", "blk.{}.ffn_down_exps.weight",
            Need::kOptional},
           {Role::kSharedGateUp, "model.layers.{}.shared_mlp.input_linear.weight", "", Need::kFlag, Field::kShared},
           {Role::kSharedGate, "", "blk.{}.ffn_gate_shexp.weight", Need::kOptional},
           {Role::kSharedUp, "", "blk.{}.ffn_up_shexp.weight", Need::kOptional},
           {Role::kSharedDown, "model.layers.{}.shared_mlp.output_linear.weight", "blk.{}.ffn_down_shexp.weight",
            Need::kFlag, Field::kShared},
       })));

constexpr auto kConfig =
    join(kLlamaWidths, kGroupedHeads, kGraniteRows,
         fields({
             expert_count(value_of(8)),
             experts_used(value_of(2)),
             kSameWidth,
             kNormalised,
             {Field::kSharedWidth, "shared_intermediate_size", "expert_shared_feed_forward_length", value_of(0)},
         }));

}  // namespace

extern const Family kGranitemoe;  // external linkage: the generated list refers to it
constinit const Family kGranitemoe = {
    .name = "granitemoe",
    .model_types = "granitemoe|granitemoeshared",
    .gguf_arch = "granitemoe",
    .summary = "Granite 3.x 1B-A400M, 3B-A800M",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = shared_by_width,
    .unused_keys = kUnusedByExperts,
    .embed = {.scale = EmbedScale::kFromConfig},
    .position = {.pairing = kHalvesBoth, .permuted_in_gguf = true},
    .attention = {.scale = ScoreScale::kFromConfig},
    .experts = {.layers = ExpertLayers::kAll},
};

}  // namespace sg::families
