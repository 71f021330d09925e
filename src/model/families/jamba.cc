// Jamba: Mamba with inner norms, attention without positions in every eighth layer, experts in every second.
// Facts: transformers models/jamba.
#include "model/families/mixer_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(
    tensors({
        {Role::kEmbed, "model.embed_tokens.weight", "token_embd.weight"},
        {Role::kFinalNorm, "model.final_layernorm.weight", "output_norm.weight"},
        {Role::kHead, "lm_head.weight", "output.weight", Need::kOptional},
        {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
        {Role::kMlpNormIn, "model.layers.{}.pre_ff_layernorm.weight", "blk.{}.ffn_norm.weight"},
    }),
    on(On::kAttention, kLlamaAttention), kMambaOf<"model.layers.{}.mamba.">,
    on(On::kRecurrent, tensors({
                           {Role::kStepNorm, "model.layers.{}.mamba.dt_layernorm.weight", "blk.{}.ssm_dt_norm.weight"},
                           {Role::kInNorm, "model.layers.{}.mamba.b_layernorm.weight", "blk.{}.ssm_b_norm.weight"},
                           {Role::kOutNorm, "model.layers.{}.mamba.c_layernorm.weight", "blk.{}.ssm_c_norm.weight"},
                       })),
    on(On::kDenseMlp, tensors({
                          {Role::kGate, "model.layers.{}.feed_forward.gate_proj.weight", "blk.{}.ffn_gate.weight"},
                          {Role::kUp, "model.layers.{}.feed_forward.up_proj.weight", "blk.{}.ffn_up.weight"},
                          {Role::kDown, "model.layers.{}.feed_forward.down_proj.weight", "blk.{}.ffn_down.weight"},
                      })),
    on(On::kExperts,
       tensors({
           {Role::kRouter, "model.layers.{}.feed_forward.router.weight", "blk.{}.ffn_gate_inp.weight"},
           {Role::kExpertGate, "model.layers.{}.feed_forward.experts.{}.gate_proj.weight", "", Need::kOptional},
           {Role::kExpertUp, "model.layers.{}.feed_forward.experts.{}.up_proj.weight", "", Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.feed_forward.experts.{}.down_proj.weight", "", Need::kOptional},
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
         fields({
             max_position(262144),
             rms_eps(1e-6),
             activation("hidden_act", Act::kSilu),
             tied(false),
             {Field::kMixPeriod, "attn_layer_period", "", value_of(8)},
             {Field::kMixOffset, "attn_layer_offset", "", value_of(4)},
             {Field::kExpertPeriod, "expert_layer_period", "", value_of(2)},
             {Field::kExpertOffset, "expert_layer_offset", "", value_of(1)},
             {Field::kExperts, "num_experts|num_local_experts", "expert_count", value_of(16), kRequired, value_of(0)},
             experts_used(value_of(2)),
             kSameWidth,
             {Field::kMixState, "mamba_d_state", "ssm.state_size", value_of(16)},
             {Field::kConvKernel, "mamba_d_conv", "ssm.conv_kernel", value_of(4)},
             {Field::kMixExpand, "mamba_expand", "", value_of(2)},
             flag(Field::kConvBias, "mamba_conv_bias", true),
             flag(Field::kMixBias, "mamba_proj_bias", false),
         }));

/// One expert is an MLP.
void rules(Fields& fields) {
  if (fields.count(Field::kExperts) == 1) fields.set_count(Field::kExperts, 0);
}

}  // namespace

extern const Family kJamba;  // external linkage: the generated list refers to it
constinit const Family kJamba = {
    .name = "jamba",
    .model_types = "jamba",
    .gguf_arch = "jamba",
    .summary = "Jamba 1.5, Jamba 2, Jamba Reasoning 3B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = rules,
    .unused_keys =
        "output_router_logits|router_aux_loss_coef|use_mamba_kernels|use_associative_scan|use_mambapy|"
        "layers_num_experts|_is_quantized",
    .position = {.pairing = kHalvesBoth, .nope = Nope::kAll},
    .mixer = {.kind = Mixer::kMamba, .layers = MixerLayers::kPeriod, .inner_norms = true},
    .experts = {.layers = ExpertLayers::kPeriod},
};

}  // namespace sg::families
