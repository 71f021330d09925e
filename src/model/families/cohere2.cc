// Command R7B and Command A: three windowed layers that rotate, one full that does not.
// Facts: transformers models/cohere2.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kLlamaMlp,
         tensors({
             {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
         }));

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", same_as(Field::kHeads),
                  same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads)}}),
         fields({
             max_position(8192),
             layer_norm_eps("layer_norm_eps"),
             activation("hidden_act", Act::kSilu),
             tied(true),
             flag(Field::kAttnBias, "attention_bias", false),
             {Field::kWindow, "sliding_window", "attention.sliding_window", value_of(4096), value_of(0), value_of(0)},
             {Field::kWindowPattern, "sliding_window_pattern", "", value_of(4), value_of(4)},
             {Field::kLogitMultiplier, "logit_scale", "logit_scale", value_of(0.0625)},
             rope_theta(10000),
         }));

}  // namespace

extern const Family kCohere2;  // external linkage: the generated list refers to it
constinit const Family kCohere2 = {
    .name = "cohere2",
    .model_types = "cohere2",
    .gguf_arch = "cohere2",
    .summary = "Command R7B, Command A, Aya Vision text",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .norm = {.kind = NormKind::kLayer},
    .block = {.order = Order::kParallel},
    .position = {.pairing = kAdjacentBoth, .nope = Nope::kUnwindowed},
    .attention = {.windows = Windows::kAllButEveryNth},
    .half = {.rotation = HalfRotation::kRoundedAngles},
};

}  // namespace sg::families
