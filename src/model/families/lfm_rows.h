// Rows that LFM2 with and without experts share.
#pragma once

#include "model/families/mixer_rows.h"

namespace sg::families {

/// The final norm is named after the embedding.
inline constexpr auto kLfmEnds = tensors({
    {Role::kEmbed, "model.embed_tokens.weight", "token_embd.weight"},
    {Role::kFinalNorm, "model.embedding_norm.weight", "token_embd_norm.weight|output_norm.weight"},
    {Role::kHead, "lm_head.weight", "output.weight", Need::kOptional},
    {Role::kAttnNormIn, "model.layers.{}.operator_norm.weight", "blk.{}.attn_norm.weight"},
    {Role::kMlpNormIn, "model.layers.{}.ffn_norm.weight", "blk.{}.ffn_norm.weight"},
});
inline constexpr auto kLfmAttention =
    on(On::kAttention, tensors({
                           {Role::kQ, "model.layers.{}.self_attn.q_proj.weight", "blk.{}.attn_q.weight"},
                           {Role::kK, "model.layers.{}.self_attn.k_proj.weight", "blk.{}.attn_k.weight"},
                           {Role::kV, "model.layers.{}.self_attn.v_proj.weight", "blk.{}.attn_v.weight"},
                           {Role::kO, "model.layers.{}.self_attn.out_proj.weight", "blk.{}.attn_output.weight"},
                           {Role::kQNorm, "model.layers.{}.self_attn.q_layernorm.weight", "blk.{}.attn_q_norm.weight"},
                           {Role::kKNorm, "model.layers.{}.self_attn.k_layernorm.weight", "blk.{}.attn_k_norm.weight"},
                       }));
inline constexpr auto kLfmConv = join(
    on(On::kRecurrent, tensors({
                           {Role::kMixIn, "model.layers.{}.conv.in_proj.weight", "blk.{}.shortconv.in_proj.weight"},
                           {Role::kMixInBias, "model.layers.{}.conv.in_proj.bias", "", Need::kFlag, Field::kConvBias},
                           {Role::kMixConv, "model.layers.{}.conv.conv.weight", "blk.{}.shortconv.conv.weight"},
                           {Role::kMixConvBias, "model.layers.{}.conv.conv.bias", "", Need::kFlag, Field::kConvBias},
                           {Role::kMixOut, "model.layers.{}.conv.out_proj.weight", "blk.{}.shortconv.out_proj.weight"},
                           {Role::kMixOutBias, "model.layers.{}.conv.out_proj.bias", "", Need::kFlag, Field::kConvBias},
                       })),
    on(On::kDenseMlp, tensors({
                          {Role::kGate, "model.layers.{}.feed_forward.w1.weight", "blk.{}.ffn_gate.weight"},
                          {Role::kUp, "model.layers.{}.feed_forward.w3.weight", "blk.{}.ffn_up.weight"},
                          {Role::kDown, "model.layers.{}.feed_forward.w2.weight", "blk.{}.ffn_down.weight"},
                      })));
inline constexpr auto kLfmFields = fields({
    max_position(128000),
    {Field::kNormEps, "norm_eps", "attention.layer_norm_rms_epsilon", value_of(1e-5), kRequired, kRequired},
    {Field::kAct, "", "", value_of(static_cast<int>(Act::kSilu))},
    {Field::kTied, "tie_embedding|tie_word_embeddings", "", value_of(1)},
    {Field::kConvKernel, "conv_L_cache", "shortconv.l_cache", value_of(3), kRequired, kRequired},
    flag(Field::kConvBias, "conv_bias", false),
    rope_theta(1000000),
});

}  // namespace sg::families
