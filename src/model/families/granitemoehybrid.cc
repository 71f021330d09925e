// Granite 4: Mamba 2 and attention, a shared expert beside the routed ones or alone.
// Facts: transformers models/granitemoehybrid; without experts the shared one is the MLP.
#include "model/families/mixer_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(
    kLlamaEnds, kInputNorms, on(On::kAttention, kLlamaAttention), on(On::kAttention, kLlamaQkvBiases),
    on(On::kAttention, kLlamaOutBias), kMamba2Of<"model.layers.{}.mamba.">,
    on(On::kDenseMlp, tensors({
                          {Role::kGateUp, "model.layers.{}.shared_mlp.input_linear.weight", ""},
                          {Role::kGate, "", "blk.{}.ffn_gate.weight"},
                          {Role::kUp, "", "blk.{}.ffn_up.weight"},
                          {Role::kDown, "model.layers.{}.shared_mlp.output_linear.weight", "blk.{}.ffn_down.weight"},
                      })),
    on(On::kExperts,
       tensors({
           {Role::kRouter, "model.layers.{}.block_sparse_moe.router.layer.weight", "blk.{}.ffn_gate_inp.weight"},
           {Role::kExpertGateUp, "model.layers.{}.block_sparse_moe.input_linear.weight", "", Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.block_sparse_moe.output_linear.weight", "blk.{}.ffn_down_exps.weight",
            Need::kOptional},
           {Role::kExpertGate, "", "blk.{}.ffn_gate_exps.weight", Need::kOptional},
           {Role::kExpertUp, "", "blk.{}.ffn_up_exps.weight", Need::kOptional},
           {Role::kSharedGateUp, "model.layers.{}.shared_mlp.input_linear.weight", ""},
           {Role::kSharedGate, "", "blk.{}.ffn_gate_shexp.weight"},
           {Role::kSharedUp, "", "blk.{}.ffn_up_shexp.weight"},
           {Role::kSharedDown, "model.layers.{}.shared_mlp.output_linear.weight", "blk.{}.ffn_down_shexp.weight"},
       })));

constexpr auto kConfig =
    join(fields({
             {Field::kLayers, "num_hidden_layers", "block_count"},
             {Field::kWidth, "hidden_size", "embedding_length"},
             {Field::kHeads, "num_attention_heads", "attention.head_count"},
             {Field::kExpertWidth, "intermediate_size", "feed_forward_length", value_of(11008)},
             {Field::kFfnWidth, "shared_intermediate_size", "expert_shared_feed_forward_length", value_of(1024),
              kRequired, same_as(Field::kExpertWidth)},
             {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
         }),
         kGroupedHeads, kMamba2Sizes, kGraniteRows,
         fields({
             {Field::kExperts, "num_local_experts|num_experts", "expert_count", value_of(8), kRequired, value_of(0)},
             experts_used(value_of(2)),
             {Field::kUseRope, "", "rope.scaling.finetuned", value_of(1)},
             kNormalised,
         }));

void rules(Fields& fields) {
  fields.set_count(Field::kSharedWidth, fields.count(Field::kFfnWidth));
  fields.set_flag(Field::kShared, true);
}

}  // namespace

extern const Family kGranitemoehybrid;  // external linkage: the generated list refers to it
constinit const Family kGranitemoehybrid = {
    .name = "granitemoehybrid",
    .model_types = "granitemoehybrid",
    .gguf_arch = "granitehybrid",
    .summary = "Granite 4.0 Micro, Tiny, Small, 350M, 1B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = rules,
    .unused_keys = "output_router_logits|router_aux_loss_coef|mamba_d_head|mamba_chunk_size",
    .embed = {.scale = EmbedScale::kFromConfig},
    .position = {.pairing = kHalvesBoth, .permuted_in_gguf = true, .nope = Nope::kUnlessStated},
    .attention = {.scale = ScoreScale::kFromConfig},
    .mlp = {.fused_gate_up = {true, false}},
    .mixer = {.kind = Mixer::kMamba2},
    .experts = {.layers = ExpertLayers::kAll},
};

}  // namespace sg::families
