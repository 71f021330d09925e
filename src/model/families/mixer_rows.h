// Rows of families whose layers do not all have attention.
#pragma once

#include <cmath>

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
inline constexpr auto kDeltaSizes = fields({
    {Field::kConvKernel, "linear_conv_kernel_dim", "ssm.conv_kernel", value_of(4)},
    {Field::kMixState, "linear_key_head_dim", "ssm.state_size", value_of(128)},
    {Field::kMixInner, "", "ssm.inner_size", value_of(1)},
    {Field::kMixGroups, "linear_num_key_heads", "ssm.group_count", value_of(16)},
    {Field::kMixHeads, "linear_num_value_heads", "ssm.time_step_rank", value_of(32)},
    {Field::kMixHeadDim, "linear_value_head_dim", "", value_of(128), kRequired, by_rule([](const Fields& f) {
       const std::size_t channels = f.count(Field::kMixInner) / f.count(Field::kMixHeads);
       return static_cast<double>(channels);
     })},
    {Field::kFullInterval, "full_attention_interval", "full_attention_interval", value_of(4)},
});
/// What all models of the delta rule state, beside their widths.
constexpr auto delta_rows(double kv_heads) {
  return join(fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(kv_heads),
                       same_as(Field::kHeads), same_as(Field::kHeads)},
                      {Field::kHeadDim, "head_dim", "attention.key_length", value_of(256),
                       derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
              kDeltaSizes,
              fields({
                  max_position(32768),
                  rms_eps(1e-6),
                  activation("hidden_act", Act::kSilu),
                  tied(false),
                  flag(Field::kAttnBias, "attention_bias", false),
                  rotary_share(kPartialRotary, 0.25),
                  rope_theta(10000),
              }));
}
constexpr auto delta_experts(double count) {
  return fields({
      expert_count(value_of(count)),
      {Field::kExpertWidth, "moe_intermediate_size", "expert_feed_forward_length", value_of(512)},
      {Field::kSharedWidth, "shared_expert_intermediate_size", "expert_shared_feed_forward_length", value_of(512)},
  });
}
/// Of a model of the delta rule: its shared expert has a width.
inline void delta_rules(Fields& fields) {
  if (fields.has(Field::kSharedWidth)) shared_by_width(fields);
}
/// The norm before the MLP is named after attention in GGUF.
inline constexpr auto kDeltaNorms = tensors({
    {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
    {Role::kMlpNormIn, "model.layers.{}.post_attention_layernorm.weight",
     "blk.{}.post_attention_norm.weight|blk.{}.ffn_norm.weight"},
});

/// Mamba 2, under its module's name in config.json checkpoints, and under `Other` in layers that name it otherwise. The
/// flags say whether its last projection has a bias, and, unless kCount, whether it has a norm.
template <Literal kModule, Literal kOther = "", Field kOutBias = Field::kMixBias, Field kNormed = Field::kCount>
inline constexpr auto kMamba2Of = on(
    On::kRecurrent, tensors({
                        {Role::kMixIn, named<kModule, kOther, "in_proj.weight">(), "blk.{}.ssm_in.weight"},
                        {Role::kMixInBias, named<kModule, kOther, "in_proj.bias">(), "", Need::kFlag, Field::kMixBias},
                        {Role::kMixConv, named<kModule, kOther, "conv1d.weight">(), "blk.{}.ssm_conv1d.weight"},
                        {Role::kMixConvBias, named<kModule, kOther, "conv1d.bias">(), "blk.{}.ssm_conv1d.bias",
                         Need::kFlag, Field::kConvBias},
                        {Role::kMixDecay, named<kModule, kOther, "A_log">(), "blk.{}.ssm_a"},
                        {Role::kMixStepBias, named<kModule, kOther, "dt_bias">(), "blk.{}.ssm_dt.bias"},
                        {Role::kMixSkip, named<kModule, kOther, "D">(), "blk.{}.ssm_d"},
                        {Role::kMixNorm, named<kModule, kOther, "norm.weight">(), "blk.{}.ssm_norm.weight",
                         kNormed == Field::kCount ? Need::kAlways : Need::kFlag, kNormed},
                        {Role::kMixOut, named<kModule, kOther, "out_proj.weight">(), "blk.{}.ssm_out.weight"},
                        {Role::kMixOutBias, named<kModule, kOther, "out_proj.bias">(), "", Need::kFlag, kOutBias},
                    }));
/// Mamba.
template <Literal kModule>
inline constexpr auto kMambaOf =
    on(On::kRecurrent, tensors({
                           {Role::kMixIn, named<kModule, "", "in_proj.weight">(), "blk.{}.ssm_in.weight"},
                           {Role::kMixInBias, named<kModule, "", "in_proj.bias">(), "", Need::kFlag, Field::kMixBias},
                           {Role::kMixConv, named<kModule, "", "conv1d.weight">(), "blk.{}.ssm_conv1d.weight"},
                           {Role::kMixConvBias, named<kModule, "", "conv1d.bias">(), "blk.{}.ssm_conv1d.bias",
                            Need::kFlag, Field::kConvBias},
                           {Role::kMixDecay, named<kModule, "", "A_log">(), "blk.{}.ssm_a"},
                           {Role::kMixSkip, named<kModule, "", "D">(), "blk.{}.ssm_d"},
                           {Role::kMixSelect, named<kModule, "", "x_proj.weight">(), "blk.{}.ssm_x.weight"},
                           {Role::kMixStep, named<kModule, "", "dt_proj.weight">(), "blk.{}.ssm_dt.weight"},
                           {Role::kMixStepProjectionBias, named<kModule, "", "dt_proj.bias">(), "blk.{}.ssm_dt.bias"},
                           {Role::kMixOut, named<kModule, "", "out_proj.weight">(), "blk.{}.ssm_out.weight"},
                           {Role::kMixOutBias, named<kModule, "", "out_proj.bias">(), "", Need::kFlag, Field::kMixBias},
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
/// The width of a recurrence that states none.
inline double expanded(const Fields& fields) {
  return std::floor(fields.real(Field::kMixExpand, 2) * static_cast<double>(fields.count(Field::kWidth)));
}
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
