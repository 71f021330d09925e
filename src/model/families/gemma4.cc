// Gemma 4, text: windowed layers and the others differ in their heads, the last ones attend with keys and values of
// earlier ones, values are normed, every layer has an input of its own, and multiplies the stream.
// Facts: transformers models/gemma4; llama.cpp stores which frequencies turn as rope_freqs.
#include "model/families/expert_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(
    tensors({
        {Role::kEmbed, "model.embed_tokens.weight", "token_embd.weight"},
        {Role::kFinalNorm, "model.norm.weight", "output_norm.weight"},
        {Role::kHead, "lm_head.weight", "output.weight", Need::kOptional},
        {Role::kLayerInputs, "model.embed_tokens_per_layer.weight", "per_layer_token_embd.weight", Need::kFlag,
         Field::kProjected},
        {Role::kLayerInputProject, "model.per_layer_model_projection.weight", "per_layer_model_proj.weight",
         Need::kFlag, Field::kProjected},
        {Role::kLayerInputNorm, "model.per_layer_projection_norm.weight", "per_layer_proj_norm.weight", Need::kFlag,
         Field::kProjected},
    }),
    kRopeDivisors, kSandwichNorms, kLlamaMlp,
    tensors({
        {Role::kQ, "model.layers.{}.self_attn.q_proj.weight", "blk.{}.attn_q.weight"},
        {Role::kQNorm, "model.layers.{}.self_attn.q_norm.weight", "blk.{}.attn_q_norm.weight"},
        {Role::kO, "model.layers.{}.self_attn.o_proj.weight", "blk.{}.attn_output.weight"},
        {Role::kLayerScale, "model.layers.{}.layer_scalar", "blk.{}.layer_output_scale.weight"},
        {Role::kLayerInputGate, "model.layers.{}.per_layer_input_gate.weight", "blk.{}.inp_gate.weight", Need::kFlag,
         Field::kProjected},
        {Role::kLayerInputOut, "model.layers.{}.per_layer_projection.weight", "blk.{}.proj.weight", Need::kFlag,
         Field::kProjected},
        {Role::kLayerInputNormOut, "model.layers.{}.post_per_layer_input_norm.weight", "blk.{}.post_norm.weight",
         Need::kFlag, Field::kProjected},
    }),
    tensors(
        {{Role::kQBias, "model.layers.{}.self_attn.q_proj.bias", "blk.{}.attn_q.bias", Need::kFlag, Field::kAttnBias}}),
    kLlamaOutBias,
    on(On::kOwnKeys,
       tensors({
           {Role::kK, "model.layers.{}.self_attn.k_proj.weight", "blk.{}.attn_k.weight"},
           {Role::kKBias, "model.layers.{}.self_attn.k_proj.bias", "blk.{}.attn_k.bias", Need::kFlag, Field::kAttnBias},
           {Role::kKNorm, "model.layers.{}.self_attn.k_norm.weight", "blk.{}.attn_k_norm.weight"},
       })),
    on(On::kOwnValues,
       tensors({
           {Role::kV, "model.layers.{}.self_attn.v_proj.weight", ""},
           {Role::kVBias, "model.layers.{}.self_attn.v_proj.bias", "blk.{}.attn_v.bias", Need::kFlag, Field::kAttnBias},
       })),
    on(On::kOwnKeys, tensors({{Role::kV, "", "blk.{}.attn_v.weight", Need::kOptional}})),
    // Published files hold those of layers that do not use them.
    on(On::kSharedKeys,
       tensors({
           {Role::kK, "model.layers.{}.self_attn.k_proj.weight", "blk.{}.attn_k.weight", Need::kOptional},
           {Role::kKNorm, "model.layers.{}.self_attn.k_norm.weight", "blk.{}.attn_k_norm.weight", Need::kOptional},
           {Role::kV, "model.layers.{}.self_attn.v_proj.weight", "blk.{}.attn_v.weight", Need::kOptional},
           {Role::kKBias, "model.layers.{}.self_attn.k_proj.bias", "blk.{}.attn_k.bias", Need::kOptional},
           {Role::kVBias, "model.layers.{}.self_attn.v_proj.bias", "blk.{}.attn_v.bias", Need::kOptional},
       })),
    on(On::kExperts,
       tensors({
           {Role::kDenseNormOut, "model.layers.{}.post_feedforward_layernorm_1.weight",
            "blk.{}.post_ffw_norm_1.weight"},
           {Role::kExpertNormIn, "model.layers.{}.pre_feedforward_layernorm_2.weight", "blk.{}.pre_ffw_norm_2.weight"},
           {Role::kExpertNormOut, "model.layers.{}.post_feedforward_layernorm_2.weight",
            "blk.{}.post_ffw_norm_2.weight"},
           {Role::kRouter, "model.layers.{}.router.proj.weight", "blk.{}.ffn_gate_inp.weight"},
           {Role::kRouterScale, "model.layers.{}.router.scale", "blk.{}.ffn_gate_inp.scale"},
           {Role::kExpertScale, "model.layers.{}.router.per_expert_scale", "blk.{}.ffn_down_exps.scale"},
           {Role::kExpertGateUp, "model.layers.{}.experts.gate_up_proj", "blk.{}.ffn_gate_up_exps.weight",
            Need::kOptional},
           {Role::kExpertGate, "", "blk.{}.ffn_gate_exps.weight", Need::kOptional},
           {Role::kExpertUp, "", "blk.{}.ffn_up_exps.weight", Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.experts.down_proj", "blk.{}.ffn_down_exps.weight", Need::kOptional},
           // As programs that quantise them store them, one by one.
           {Role::kExpertGate, "model.layers.{}.experts.{}.gate_proj.weight", "", Need::kOptional},
           {Role::kExpertUp, "model.layers.{}.experts.{}.up_proj.weight", "", Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.experts.{}.down_proj.weight", "", Need::kOptional},
       })));

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({
             {Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(4), kRequired,
              same_as(Field::kHeads)},
             {Field::kHeadDim, "head_dim", "attention.key_length_swa", value_of(256), kRequired, kRequired},
             {Field::kFullHeadDim, "global_head_dim", "attention.key_length", value_of(512), kRequired, kRequired},
             {Field::kFullKvHeads, "num_global_key_value_heads", "", value_of(0), value_of(0)},
             {Field::kKeyIsValue, "attention_k_eq_v", "", value_of(0), value_of(0)},
             {Field::kSharedKvLayers, "num_kv_shared_layers", "attention.shared_kv_layers", value_of(0)},
             {Field::kDoubleWide, "use_double_wide_mlp", "", value_of(0), value_of(0)},
             {Field::kLayerInputWidth, "hidden_size_per_layer_input", "embedding_length_per_layer_input", value_of(256),
              value_of(0), value_of(0)},
             {Field::kLayerInputVocab, "vocab_size_per_layer_input", "", value_of(262144), kRequired,
              same_as(Field::kVocab)},
             max_position(131072),
             rms_eps(1e-6),
             activation("hidden_activation", Act::kGeluTanh),
             tied(true),
             flag(Field::kAttnBias, "attention_bias", false),
             {Field::kLogitCap, "final_logit_softcapping", "final_logit_softcapping", value_of(0), value_of(0)},
             {Field::kWindow, "sliding_window", "attention.sliding_window", value_of(512)},
             {Field::kWindowPattern, "", "", value_of(6)},
             {Field::kRopeTheta, "rope_theta", "rope.freq_base", value_of(1000000)},
             {Field::kRopeLocalTheta, "", "rope.freq_base_swa", value_of(10000)},
             {Field::kExpertBlock, "enable_moe_block", "", value_of(0), value_of(0), value_of(1)},
             {Field::kExperts, "num_experts", "expert_count", value_of(0), value_of(0), value_of(0)},
             {Field::kExpertsUsed, "top_k_experts", "expert_used_count", value_of(1), value_of(1), value_of(1)},
             {Field::kExpertWidth, "moe_intermediate_size", "expert_feed_forward_length", same_as(Field::kFfnWidth),
              same_as(Field::kFfnWidth), same_as(Field::kFfnWidth)},
             kNormalised,
         }));

void rules(Fields& fields) {
  fields.set_flag(Field::kProjected, fields.count(Field::kLayerInputWidth) > 0);
  if (!fields.flag(Field::kExpertBlock)) fields.set_count(Field::kExperts, 0);
}

constexpr auto kClassDefaults = class_defaults(30, 2304, 8, 9216, 262144);

}  // namespace

extern const Family kGemma4;  // external linkage: the generated list refers to it
constinit const Family kGemma4 = {
    .name = "gemma4",
    .model_types = "gemma4_text|gemma4|gemma4_unified|gemma4_unified_text",
    .gguf_arch = "gemma4",
    .summary = "Gemma 4 E2B, E4B, 26B-A4B, 31B, text",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kClassDefaults,
    .rules = rules,
    .unused_keys =
        "attention_context_left|attention_context_right|attention_invalid_logits_value|attention_logit_cap|audio_"
        "config|"
        "audio_token_id|conv_kernel_size|gradient_clipping|kv_sharing_modes|output_proj_dims|residual_weight|"
        "standardize|"
        "subsampling_conv_channels|use_clipped_linears|video_token_id|"
        "hidden_act|per_layer_config|rope_local_base_freq|use_bidirectional_attention|attention.value_length|attention."
        "value_length_swa|"
        "rope.dimension_"
        "count_swa",
    .embed = {.scale = EmbedScale::kSqrtWidth},
    .block = {.norm_at = NormAt::kInput | NormAt::kOutput},
    .position = {.pairing = kHalvesBoth, .kinds = RopeKinds::kStated, .unstated = DefaultRope::kGemma4},
    .attention = {.scale = ScoreScale::kOne,
                  .qk_norm = QkNorm::kPerHead,
                  .value_norm = true,
                  .layers_differ = true,
                  .windows = Windows::kAllButEveryNth},
    .experts = {.layers = ExpertLayers::kAll, .beside_dense = true},
    .half = {.gain_first = true, .router = HalfRouter::kLogits},
};

}  // namespace sg::families
