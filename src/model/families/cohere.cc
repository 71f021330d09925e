// Command R: a parallel block with one LayerNorm without bias, logits multiplied, adjacent pairs rotate.
// Facts: transformers models/cohere; its norms over q and k have a gain for every head.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kLlamaMlp,
         tensors({
             {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
             {Role::kQNorm, "model.layers.{}.self_attn.q_norm.weight", "blk.{}.attn_q_norm.weight", Need::kFlag,
              Field::kQkNorm},
             {Role::kKNorm, "model.layers.{}.self_attn.k_norm.weight", "blk.{}.attn_k_norm.weight", Need::kFlag,
              Field::kQkNorm},
         }));

constexpr auto kConfig = join(kLlamaWidths, kGroupedHeads,
                              fields({
                                  max_position(8192),
                                  layer_norm_eps("layer_norm_eps"),
                                  activation("hidden_act", Act::kSilu),
                                  tied(true),
                                  flag(Field::kAttnBias, "attention_bias", false),
                                  {Field::kQkNorm, "use_qk_norm", "", value_of(0), kRequired, derived(From::kPresent)},
                                  {Field::kLogitMultiplier, "logit_scale", "logit_scale", value_of(0.0625)},
                                  rope_theta(500000),
                              }));

}  // namespace

extern const Family kCohere;  // external linkage: the generated list refers to it
constinit const Family kCohere = {
    .name = "cohere",
    .model_types = "cohere",
    .gguf_arch = "command-r",
    .summary = "Command R, Command R+, Aya 23",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .norm = {.kind = NormKind::kLayer},
    .block = {.order = Order::kParallel},
    .position = {.pairing = kAdjacentBoth},
    .attention = {.qk_norm = QkNorm::kEachHead},
    .half = {.rotation = HalfRotation::kRoundedAngles},
};

}  // namespace sg::families
