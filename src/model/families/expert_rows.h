// Rows of families with experts, and what their fields imply.
#pragma once

#include "model/families/rows.h"
#include "model/fields.h"

namespace sg::families {

/// The rows, of those layers alone.
template <std::size_t kRows>
constexpr std::array<TensorRow, kRows> on(On layers, std::array<TensorRow, kRows> rows) {
  for (TensorRow& row : rows) row.on = layers;
  return rows;
}

/// A router and gated experts, apart or stacked; which of the forms a file has is checked when all are looked up.
inline constexpr auto kExpertTensors =
    on(On::kExperts,
       tensors({
           {Role::kRouter, "model.layers.{}.mlp.gate.weight", "blk.{}.ffn_gate_inp.weight"},
           {Role::kExpertGate, "model.layers.{}.mlp.experts.{}.gate_proj.weight", "", Need::kOptional},
           {Role::kExpertUp, "model.layers.{}.mlp.experts.{}.up_proj.weight", "", Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.mlp.experts.{}.down_proj.weight", "", Need::kOptional},
           {Role::kExpertGate, "", "blk.{}.ffn_gate_exps.weight", Need::kOptional},
           {Role::kExpertUp, "", "blk.{}.ffn_up_exps.weight", Need::kOptional},
           {Role::kExpertGateUp, "model.layers.{}.mlp.experts.gate_up_proj", "blk.{}.ffn_gate_up_exps.weight",
            Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.mlp.experts.down_proj", "blk.{}.ffn_down_exps.weight", Need::kOptional},
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
/// The same as kExpertTensors under the names of Mixtral.
inline constexpr auto kMixtralExperts =
    on(On::kExperts,
       tensors({
           {Role::kRouter, "model.layers.{}.block_sparse_moe.gate.weight|model.layers.{}.mlp.gate.weight",
            "blk.{}.ffn_gate_inp.weight"},
           {Role::kExpertGate, "model.layers.{}.block_sparse_moe.experts.{}.w1.weight", "", Need::kOptional},
           {Role::kExpertUp, "model.layers.{}.block_sparse_moe.experts.{}.w3.weight", "", Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.block_sparse_moe.experts.{}.w2.weight", "", Need::kOptional},
           // As transformers 5 names them in memory, and programs that quantise what is there.
           {Role::kExpertGate, "model.layers.{}.mlp.experts.{}.gate_proj.weight", "", Need::kOptional},
           {Role::kExpertUp, "model.layers.{}.mlp.experts.{}.up_proj.weight", "", Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.mlp.experts.{}.down_proj.weight", "", Need::kOptional},
           {Role::kExpertGate, "", "blk.{}.ffn_gate_exps.weight", Need::kOptional},
           {Role::kExpertUp, "", "blk.{}.ffn_up_exps.weight", Need::kOptional},
           {Role::kExpertGateUp, "model.layers.{}.mlp.experts.gate_up_proj", "blk.{}.ffn_gate_up_exps.weight",
            Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.mlp.experts.down_proj", "blk.{}.ffn_down_exps.weight", Need::kOptional},
       }));
inline constexpr auto kSharedExperts =
    on(On::kExperts, tensors({
                         {Role::kSharedGate, "model.layers.{}.mlp.shared_experts.gate_proj.weight",
                          "blk.{}.ffn_gate_shexp.weight", Need::kFlag, Field::kShared},
                         {Role::kSharedUp, "model.layers.{}.mlp.shared_experts.up_proj.weight",
                          "blk.{}.ffn_up_shexp.weight", Need::kFlag, Field::kShared},
                         {Role::kSharedDown, "model.layers.{}.mlp.shared_experts.down_proj.weight",
                          "blk.{}.ffn_down_shexp.weight", Need::kFlag, Field::kShared},
                     }));
inline constexpr auto kCorrection =
    on(On::kExperts,
       tensors({
           {Role::kRouterCorrection, "model.layers.{}.mlp.gate.e_score_correction_bias", "blk.{}.exp_probs_b.bias"},
       }));

/// Files of transformers 5 may use another family's spelling.
constexpr ConfigRow expert_count(Fallback absent) {
  return {Field::kExperts, "num_experts|num_local_experts|n_routed_experts", "expert_count", absent, kRequired,
          kRequired};
}
constexpr ConfigRow experts_used(Fallback absent) {
  return {Field::kExpertsUsed, "num_experts_per_tok", "expert_used_count", absent};
}
inline constexpr ConfigRow kMoeWidth = {
    Field::kExpertWidth, "moe_intermediate_size",  "expert_feed_forward_length", kRequired,
    kRequired,           same_as(Field::kFfnWidth)};
/// One width for experts and for the layers without them.
inline constexpr ConfigRow kSameWidth = {Field::kExpertWidth, "", "expert_feed_forward_length",
                                         same_as(Field::kFfnWidth)};
/// Weights that are always divided by their sum.
inline constexpr ConfigRow kNormalised = {Field::kNormTopk, "", "", value_of(1)};
constexpr ConfigRow scaled(double absent) {
  return {Field::kRouterScale, "routed_scaling_factor", "expert_weights_scale", value_of(absent), kRequired,
          value_of(1)};
}
constexpr ConfigRow groups(double absent) {
  return {Field::kGroups, "n_group", "expert_group_count", value_of(absent), value_of(1), value_of(1)};
}
constexpr ConfigRow groups_used(double absent) {
  return {Field::kGroupsUsed, "topk_group", "expert_group_used_count", value_of(absent), value_of(1), value_of(1)};
}

/// A shared expert as wide as so many routed ones.
inline void shared_by_count(Fields& fields) {
  const std::size_t shared = fields.count(Field::kSharedExperts, 0);
  fields.set_flag(Field::kShared, shared > 0);
  fields.set_count(Field::kSharedWidth, shared * fields.count(Field::kExpertWidth));
}
/// A shared expert of a stated width, 0 being none.
inline void shared_by_width(Fields& fields) { fields.set_flag(Field::kShared, fields.count(Field::kSharedWidth) > 0); }

/// Keys of training and of what a call returns.
inline constexpr std::string_view kUnusedByExperts = "output_router_logits|router_aux_loss_coef";

}  // namespace sg::families
