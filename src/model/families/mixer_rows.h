// Rows of families whose layers do not all have attention.
#pragma once

#include "model/families/expert_rows.h"

namespace sg::families {

/// Qwen3-Next and 3.5: attention, and what every delta rule has.
inline constexpr auto kDeltaLayers = join(
    on(On::kAttention, kLlamaAttention), on(On::kAttention, kLlamaQkvBiases), on(On::kAttention, kLlamaOutBias),
    on(On::kAttention, kHeadNorms),
    on(On::kRecurrent, tensors({
                           {Role::kMixConv, "model.layers.{}.linear_attn.conv1d.weight", "blk.{}.ssm_conv1d.weight"},
                           {Role::kMixDecay, "model.layers.{}.linear_attn.A_log", "blk.{}.ssm_a"},
                           {Role::kMixStepBias, "model.layers.{}.linear_attn.dt_bias", "blk.{}.ssm_dt.bias"},
                           {Role::kMixNorm, "model.layers.{}.linear_attn.norm.weight", "blk.{}.ssm_norm.weight"},
                           {Role::kMixOut, "model.layers.{}.linear_attn.out_proj.weight", "blk.{}.ssm_out.weight"},
                       })));
inline constexpr auto kDeltaApart =
    on(On::kRecurrent, tensors({
                           {Role::kMixIn, "model.layers.{}.linear_attn.in_proj_qkv.weight", "blk.{}.attn_qkv.weight"},
                           {Role::kMixGate, "model.layers.{}.linear_attn.in_proj_z.weight", "blk.{}.attn_gate.weight"},
                           {Role::kMixBeta, "model.layers.{}.linear_attn.in_proj_b.weight", "blk.{}.ssm_beta.weight"},
                           {Role::kMixAlpha, "model.layers.{}.linear_attn.in_proj_a.weight", "blk.{}.ssm_alpha.weight"},
                       }));
/// The expert that every token has, weighed by a gate of its own.
inline constexpr auto kWeighedShared =
    on(On::kExperts,
       tensors({
           {Role::kSharedGate, "model.layers.{}.mlp.shared_expert.gate_proj.weight", "blk.{}.ffn_gate_shexp.weight"},
           {Role::kSharedUp, "model.layers.{}.mlp.shared_expert.up_proj.weight", "blk.{}.ffn_up_shexp.weight"},
           {Role::kSharedDown, "model.layers.{}.mlp.shared_expert.down_proj.weight", "blk.{}.ffn_down_shexp.weight"},
           {Role::kSharedRouter, "model.layers.{}.mlp.shared_expert_gate.weight", "blk.{}.ffn_gate_inp_shexp.weight"},
       }));
inline constexpr auto kDeltaSizes = fields({
    {Field::kConvKernel, "linear_conv_kernel_dim", "ssm.conv_kernel", value_of(4)},
    {Field::kMixState, "linear_key_head_dim", "ssm.state_size", value_of(128)},
    {Field::kMixInner, "", "ssm.inner_size", value_of(1)},
    {Field::kMixGroups, "linear_num_key_heads", "ssm.group_count", value_of(16)},
    {Field::kMixHeads, "linear_num_value_heads", "ssm.time_step_rank", value_of(32)},
    {Field::kMixHeadDim, "linear_value_head_dim", "", value_of(128), kRequired, by_rule([](const Fields& f) {
       return static_cast<double>(f.count(Field::kMixInner) / f.count(Field::kMixHeads));
     })},
    {Field::kFullInterval, "full_attention_interval", "full_attention_interval", value_of(4)},
    kExtraLayers,
});
/// Of a model of the delta rule: its layers that predict further tokens are no blocks, and its shared expert has a
/// width.
inline void delta_rules(Fields& fields) {
  const std::size_t layers = fields.count(Field::kLayers), extra = fields.count(Field::kExtraLayers, 0);
  if (extra < layers) fields.set_count(Field::kLayers, layers - extra);
  if (fields.has(Field::kSharedWidth)) shared_by_width(fields);
}
/// The norm before the MLP is named after attention in GGUF.
inline constexpr auto kDeltaNorms = tensors({
    {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
    {Role::kMlpNormIn, "model.layers.{}.post_attention_layernorm.weight",
     "blk.{}.post_attention_norm.weight|blk.{}.ffn_norm.weight"},
});

/// Mamba 2 under a module named mamba.
inline constexpr auto kMamba2Layers =
    on(On::kRecurrent, tensors({
                           {Role::kMixIn, "model.layers.{}.mamba.in_proj.weight", "blk.{}.ssm_in.weight"},
                           {Role::kMixInBias, "model.layers.{}.mamba.in_proj.bias", "", Need::kFlag, Field::kMixBias},
                           {Role::kMixConv, "model.layers.{}.mamba.conv1d.weight", "blk.{}.ssm_conv1d.weight"},
                           {Role::kMixConvBias, "model.layers.{}.mamba.conv1d.bias", "blk.{}.ssm_conv1d.bias",
                            Need::kFlag, Field::kConvBias},
                           {Role::kMixDecay, "model.layers.{}.mamba.A_log", "blk.{}.ssm_a"},
                           {Role::kMixStepBias, "model.layers.{}.mamba.dt_bias", "blk.{}.ssm_dt.bias"},
                           {Role::kMixSkip, "model.layers.{}.mamba.D", "blk.{}.ssm_d"},
                           {Role::kMixNorm, "model.layers.{}.mamba.norm.weight", "blk.{}.ssm_norm.weight"},
                           {Role::kMixOut, "model.layers.{}.mamba.out_proj.weight", "blk.{}.ssm_out.weight"},
                           {Role::kMixOutBias, "model.layers.{}.mamba.out_proj.bias", "", Need::kFlag, Field::kMixBias},
                       }));
/// The same under the names of models that have no attention, or name every layer alike.
inline constexpr auto kMamba2Mixers = on(
    On::kRecurrent, tensors({
                        {Role::kMixIn, "backbone.layers.{}.mixer.in_proj.weight", "blk.{}.ssm_in.weight"},
                        {Role::kMixInBias, "backbone.layers.{}.mixer.in_proj.bias", "", Need::kFlag, Field::kMixBias},
                        {Role::kMixConv, "backbone.layers.{}.mixer.conv1d.weight", "blk.{}.ssm_conv1d.weight"},
                        {Role::kMixConvBias, "backbone.layers.{}.mixer.conv1d.bias", "blk.{}.ssm_conv1d.bias",
                         Need::kFlag, Field::kConvBias},
                        {Role::kMixDecay, "backbone.layers.{}.mixer.A_log", "blk.{}.ssm_a"},
                        {Role::kMixStepBias, "backbone.layers.{}.mixer.dt_bias", "blk.{}.ssm_dt.bias"},
                        {Role::kMixSkip, "backbone.layers.{}.mixer.D", "blk.{}.ssm_d"},
                        {Role::kMixNorm, "backbone.layers.{}.mixer.norm.weight", "blk.{}.ssm_norm.weight"},
                        {Role::kMixOut, "backbone.layers.{}.mixer.out_proj.weight", "blk.{}.ssm_out.weight"},
                        {Role::kMixOutBias, "backbone.layers.{}.mixer.out_proj.bias", "", Need::kFlag, Field::kMixBias},
                    }));
/// Mamba's, of models that have nothing else.
inline constexpr auto kMambaMixers = on(
    On::kRecurrent, tensors({
                        {Role::kMixIn, "backbone.layers.{}.mixer.in_proj.weight", "blk.{}.ssm_in.weight"},
                        {Role::kMixInBias, "backbone.layers.{}.mixer.in_proj.bias", "", Need::kFlag, Field::kMixBias},
                        {Role::kMixConv, "backbone.layers.{}.mixer.conv1d.weight", "blk.{}.ssm_conv1d.weight"},
                        {Role::kMixConvBias, "backbone.layers.{}.mixer.conv1d.bias", "blk.{}.ssm_conv1d.bias",
                         Need::kFlag, Field::kConvBias},
                        {Role::kMixDecay, "backbone.layers.{}.mixer.A_log", "blk.{}.ssm_a"},
                        {Role::kMixSkip, "backbone.layers.{}.mixer.D", "blk.{}.ssm_d"},
                        {Role::kMixSelect, "backbone.layers.{}.mixer.x_proj.weight", "blk.{}.ssm_x.weight"},
                        {Role::kMixStep, "backbone.layers.{}.mixer.dt_proj.weight", "blk.{}.ssm_dt.weight"},
                        {Role::kMixStepProjectionBias, "backbone.layers.{}.mixer.dt_proj.bias", "blk.{}.ssm_dt.bias"},
                        {Role::kMixOut, "backbone.layers.{}.mixer.out_proj.weight", "blk.{}.ssm_out.weight"},
                        {Role::kMixOutBias, "backbone.layers.{}.mixer.out_proj.bias", "", Need::kFlag, Field::kMixBias},
                    }));
inline constexpr auto kBackbone = tensors({
    {Role::kEmbed, "backbone.embeddings.weight|backbone.embedding.weight", "token_embd.weight"},
    {Role::kFinalNorm, "backbone.norm_f.weight", "output_norm.weight"},
    {Role::kHead, "lm_head.weight", "output.weight", Need::kOptional},
    {Role::kAttnNormIn, "backbone.layers.{}.norm.weight", "blk.{}.attn_norm.weight"},
});
/// Of models without attention and MLP: there are no heads, and nothing rotates.
inline constexpr auto kMixersAlone = fields({
    {Field::kLayers, "num_hidden_layers", "block_count"},
    {Field::kWidth, "hidden_size", "embedding_length"},
    {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
    {Field::kHeads, "", "", value_of(1)},
    {Field::kKvHeads, "", "", value_of(1)},
    {Field::kHeadDim, "", "", value_of(2)},
    {Field::kFfnWidth, "", "", value_of(1)},
    {Field::kUseRope, "", "", value_of(0)},
    {Field::kNormEps, "layer_norm_epsilon", "attention.layer_norm_rms_epsilon", value_of(1e-5), kRequired, kRequired},
    activation("hidden_act", Act::kSilu),
    flag(Field::kConvBias, "use_conv_bias", true),
    flag(Field::kMixBias, "use_bias", false),
    {Field::kConvKernel, "conv_kernel", "ssm.conv_kernel", value_of(4), kRequired, kRequired},
    {Field::kMixExpand, "expand", "", value_of(2)},
});
/// Sizes of Mamba 2 where it stands beside attention.
inline constexpr auto kMamba2Sizes = fields({
    {Field::kMixHeads, "mamba_n_heads", "ssm.time_step_rank", value_of(128)},
    {Field::kMixGroups, "mamba_n_groups", "ssm.group_count", value_of(1)},
    {Field::kMixState, "mamba_d_state", "ssm.state_size", value_of(256)},
    {Field::kConvKernel, "mamba_d_conv", "ssm.conv_kernel", value_of(4)},
    {Field::kMixExpand, "mamba_expand", "", value_of(2)},
    flag(Field::kConvBias, "mamba_conv_bias", true),
    flag(Field::kMixBias, "mamba_proj_bias", false),
});

}  // namespace sg::families
