// Rows of families with latent attention, and what their fields imply.
#pragma once

#include "model/families/expert_rows.h"

namespace sg::families {

inline constexpr auto kLatentAttention = tensors({
    {Role::kQ, "model.layers.{}.self_attn.q_proj.weight", "blk.{}.attn_q.weight", Need::kFlag, Field::kQLatent, true},
    {Role::kQA, "model.layers.{}.self_attn.q_a_proj.weight", "blk.{}.attn_q_a.weight", Need::kFlag, Field::kQLatent},
    {Role::kQABias, "model.layers.{}.self_attn.q_a_proj.bias", "blk.{}.attn_q_a.bias", Need::kFlag, Field::kOutBias},
    {Role::kQANorm, "model.layers.{}.self_attn.q_a_layernorm.weight", "blk.{}.attn_q_a_norm.weight", Need::kFlag,
     Field::kQLatent},
    {Role::kQB, "model.layers.{}.self_attn.q_b_proj.weight", "blk.{}.attn_q_b.weight", Need::kFlag, Field::kQLatent},
    {Role::kKvA, "model.layers.{}.self_attn.kv_a_proj_with_mqa.weight", "blk.{}.attn_kv_a_mqa.weight"},
    {Role::kKvABias, "model.layers.{}.self_attn.kv_a_proj_with_mqa.bias", "", Need::kFlag, Field::kAttnBias},
    {Role::kKvANorm, "model.layers.{}.self_attn.kv_a_layernorm.weight", "blk.{}.attn_kv_a_norm.weight"},
    {Role::kKvB, "model.layers.{}.self_attn.kv_b_proj.weight", "blk.{}.attn_kv_b.weight", Need::kFlag, Field::kLatent},
    {Role::kKB, "", "blk.{}.attn_k_b.weight", Need::kOptional},
    {Role::kVB, "", "blk.{}.attn_v_b.weight", Need::kOptional},
    {Role::kO, "model.layers.{}.self_attn.o_proj.weight", "blk.{}.attn_output.weight"},
    {Role::kOBias, "model.layers.{}.self_attn.o_proj.bias", "", Need::kFlag, Field::kAttnBias},
});

/// The sizes of a head. llama.cpp's newer files state those of its own, absorbed form beside them.
constexpr std::array<ConfigRow, 8> latent_sizes(double q_rank, double kv_rank, double nope, double value) {
  return {{{Field::kStoredKey, "", "attention.key_length", value_of(1)},
           {Field::kHeadDim, "", "attention.key_length_mla", same_as(Field::kStoredKey)},
           {Field::kStoredValue, "", "attention.value_length", value_of(1)},
           {Field::kValueDim, "v_head_dim", "attention.value_length_mla", value_of(value), kRequired,
            same_as(Field::kStoredValue)},
           {Field::kNopeDim, "qk_nope_head_dim", "", value_of(nope), kRequired, value_of(0)},
           {Field::kRotaryDim, "qk_rope_head_dim", "rope.dimension_count", value_of(64), kRequired, kRequired},
           {Field::kQRank, "q_lora_rank", "attention.q_lora_rank", value_of(q_rank), value_of(0), value_of(0)},
           {Field::kKvRank, "kv_lora_rank", "attention.kv_lora_rank", value_of(kv_rank), kRequired, kRequired}}};
}

/// config.json states the parts of a head, GGUF the whole of it.
inline void latent_rules(Fields& fields) {
  const std::size_t nope = fields.count(Field::kNopeDim), rotated = fields.count(Field::kRotaryDim);
  const std::size_t whole = fields.count(Field::kHeadDim);
  if (nope > 0) fields.set_count(Field::kHeadDim, nope + rotated);
  if (nope == 0 && whole > rotated) fields.set_count(Field::kNopeDim, whole - rotated);
  fields.set_count(Field::kKvHeads, fields.count(Field::kHeads));
  fields.set_flag(Field::kLatent, true);
  fields.set_flag(Field::kQLatent, fields.count(Field::kQRank) > 0);
  // Of the output's bias attention_bias decides, so that this flag is left for that of the queries' first step.
  fields.set_flag(Field::kOutBias, fields.flag(Field::kQLatent) && fields.flag(Field::kAttnBias));
  shared_by_count(fields);
}

/// What transformers writes beside the sizes.
inline constexpr std::string_view kUnusedByLatents =
    "output_router_logits|num_nextn_predict_layers|num_mtp_layers|head_dim|qk_head_dim|num_key_value_heads|"
    "pretraining_tp|ep_size|moe_layer_freq|scoring_func|seq_aux|aux_loss_alpha|topk_method|router_aux_loss_coef";

}  // namespace sg::families
