// Granite 4: Mamba 2 and attention, a shared expert beside the routed ones or alone.
// Facts: transformers models/granitemoehybrid; without experts the shared one is the MLP.
#include "model/families/mixer_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kInputNorms, on(On::kAttention, kLlamaAttention), on(On::kAttention, kLlamaQkvBiases),
         on(On::kAttention, kLlamaOutBias), kMamba2Layers,
         on(On::kDenseMlp, tensors({
                               {Role::kGateUp, "model.layers.{}.shared_mlp.input_linear.weight", ""},
                               {Role::kDown, "model.layers.{}.shared_mlp.output_linear.weight", ""},
                           })),
         on(On::kExperts,
            tensors({
                {Role::kRouter, "model.layers.{}.block_sparse_moe.router.layer.weight", ""},
                {Role::kExpertGateUp, "model.layers.{}.block_sparse_moe.input_linear.weight", "", Need::kOptional},
                {Role::kExpertDown, "model.layers.{}.block_sparse_moe.output_linear.weight", "", Need::kOptional},
                {Role::kSharedGateUp, "model.layers.{}.shared_mlp.input_linear.weight", ""},
                {Role::kSharedDown, "model.layers.{}.shared_mlp.output_linear.weight", ""},
            })));

constexpr auto kConfig = join(fields({
                                  {Field::kLayers, "num_hidden_layers", ""},
                                  {Field::kWidth, "hidden_size", ""},
                                  {Field::kHeads, "num_attention_heads", ""},
                                  {Field::kFfnWidth, "shared_intermediate_size", "", value_of(1024)},
                                  {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
                              }),
                              kGroupedHeads, kMamba2Sizes,
                              fields({
                                  max_position(2048),
                                  rms_eps(1e-6),
                                  activation("hidden_act", Act::kSilu),
                                  tied(false),
                                  flag(Field::kAttnBias, "attention_bias", false),
                                  {Field::kEmbedMultiplier, "embedding_multiplier", "", value_of(1)},
                                  {Field::kResidualMultiplier, "residual_multiplier", "", value_of(1)},
                                  {Field::kAttnMultiplier, "attention_multiplier", "", value_of(1)},
                                  {Field::kLogitDivisor, "logits_scaling", "", value_of(1)},
                                  rope_theta(10000),
                                  {Field::kExperts, "num_local_experts|num_experts", "", value_of(8)},
                                  experts_used(value_of(2)),
                                  {Field::kExpertWidth, "intermediate_size", "", value_of(11008)},
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
    .gguf_arch = "",
    .summary = "Granite 4.0 Micro, Tiny, Small, 350M, 1B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = rules,
    .unused_keys = "output_router_logits|router_aux_loss_coef|mamba_d_head|mamba_chunk_size",
    .embed = {.scale = EmbedScale::kFromConfig},
    .position = {.pairing = kHalvesBoth, .nope = Nope::kUnlessStated},
    .attention = {.scale = ScoreScale::kFromConfig},
    .mlp = {.fused_gate_up = {true, true}},
    .mixer = {.kind = Mixer::kMamba2},
    .experts = {.layers = ExpertLayers::kAll},
};

}  // namespace sg::families
