// Rows of families whose layers do not all have attention.
#pragma once

#include "model/families/expert_rows.h"

namespace sg::families {

/// Qwen3-Next and 3.5: attention, and what every delta rule has.
inline constexpr auto kDeltaLayers =
    join(on(On::kAttention, kLlamaAttention), on(On::kAttention, kLlamaQkvBiases), on(On::kAttention, kLlamaOutBias),
         on(On::kAttention, kHeadNorms),
         on(On::kRecurrent, tensors({
                                {Role::kMixConv, "model.layers.{}.linear_attn.conv1d.weight", ""},
                                {Role::kMixDecay, "model.layers.{}.linear_attn.A_log", ""},
                                {Role::kMixStepBias, "model.layers.{}.linear_attn.dt_bias", ""},
                                {Role::kMixNorm, "model.layers.{}.linear_attn.norm.weight", ""},
                                {Role::kMixOut, "model.layers.{}.linear_attn.out_proj.weight", ""},
                            })));
inline constexpr auto kDeltaApart =
    on(On::kRecurrent, tensors({
                           {Role::kMixIn, "model.layers.{}.linear_attn.in_proj_qkv.weight", ""},
                           {Role::kMixGate, "model.layers.{}.linear_attn.in_proj_z.weight", ""},
                           {Role::kMixBeta, "model.layers.{}.linear_attn.in_proj_b.weight", ""},
                           {Role::kMixAlpha, "model.layers.{}.linear_attn.in_proj_a.weight", ""},
                       }));
/// The expert that every token has, weighed by a gate of its own.
inline constexpr auto kWeighedShared =
    on(On::kExperts, tensors({
                         {Role::kSharedGate, "model.layers.{}.mlp.shared_expert.gate_proj.weight", ""},
                         {Role::kSharedUp, "model.layers.{}.mlp.shared_expert.up_proj.weight", ""},
                         {Role::kSharedDown, "model.layers.{}.mlp.shared_expert.down_proj.weight", ""},
                         {Role::kSharedRouter, "model.layers.{}.mlp.shared_expert_gate.weight", ""},
                     }));
inline constexpr auto kDeltaSizes = fields({
    {Field::kConvKernel, "linear_conv_kernel_dim", "", value_of(4)},
    {Field::kMixState, "linear_key_head_dim", "", value_of(128)},
    {Field::kMixHeadDim, "linear_value_head_dim", "", value_of(128)},
    {Field::kMixGroups, "linear_num_key_heads", "", value_of(16)},
    {Field::kMixHeads, "linear_num_value_heads", "", value_of(32)},
    {Field::kFullInterval, "full_attention_interval", "", value_of(4)},
});

/// Mamba 2 under a module named mamba.
inline constexpr auto kMamba2Layers =
    on(On::kRecurrent, tensors({
                           {Role::kMixIn, "model.layers.{}.mamba.in_proj.weight", ""},
                           {Role::kMixInBias, "model.layers.{}.mamba.in_proj.bias", "", Need::kFlag, Field::kMixBias},
                           {Role::kMixConv, "model.layers.{}.mamba.conv1d.weight", ""},
                           {Role::kMixConvBias, "model.layers.{}.mamba.conv1d.bias", "", Need::kFlag, Field::kConvBias},
                           {Role::kMixDecay, "model.layers.{}.mamba.A_log", ""},
                           {Role::kMixStepBias, "model.layers.{}.mamba.dt_bias", ""},
                           {Role::kMixSkip, "model.layers.{}.mamba.D", ""},
                           {Role::kMixNorm, "model.layers.{}.mamba.norm.weight", ""},
                           {Role::kMixOut, "model.layers.{}.mamba.out_proj.weight", ""},
                           {Role::kMixOutBias, "model.layers.{}.mamba.out_proj.bias", "", Need::kFlag, Field::kMixBias},
                       }));
inline constexpr auto kMamba2Sizes = fields({
    {Field::kMixHeads, "mamba_n_heads", "", value_of(128)},
    {Field::kMixGroups, "mamba_n_groups", "", value_of(1)},
    {Field::kMixState, "mamba_d_state", "", value_of(256)},
    {Field::kConvKernel, "mamba_d_conv", "", value_of(4)},
    {Field::kMixExpand, "mamba_expand", "", value_of(2)},
    flag(Field::kConvBias, "mamba_conv_bias", true),
    flag(Field::kMixBias, "mamba_proj_bias", false),
});

}  // namespace sg::families
