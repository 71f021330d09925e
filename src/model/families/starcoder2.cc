// StarCoder2: LayerNorm, biases, a plain GELU MLP and an optional window.
// Facts: transformers models/starcoder2.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(
    kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias,
    tensors({
        {Role::kAttnNormInBias, "model.layers.{}.input_layernorm.bias", "blk.{}.attn_norm.bias"},
        {Role::kMlpNormInBias, "model.layers.{}.post_attention_layernorm.bias", "blk.{}.ffn_norm.bias"},
        {Role::kUp, "model.layers.{}.mlp.c_fc.weight", "blk.{}.ffn_up.weight"},
        {Role::kUpBias, "model.layers.{}.mlp.c_fc.bias", "blk.{}.ffn_up.bias", Need::kFlag, Field::kAttnBias},
        {Role::kDown, "model.layers.{}.mlp.c_proj.weight", "blk.{}.ffn_down.weight"},
        {Role::kDownBias, "model.layers.{}.mlp.c_proj.bias", "blk.{}.ffn_down.bias", Need::kFlag, Field::kAttnBias},
        {Role::kFinalNormBias, "model.norm.bias", "output_norm.bias"},
    }));

constexpr auto kConfig =
    join(kLlamaWidths, fields({
                           {Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(2),
                            same_as(Field::kHeads), same_as(Field::kHeads)},
                           {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
                            derived(From::kWidthOverHeads)},
                           max_position(4096),
                           layer_norm_eps("norm_epsilon"),
                           activation("hidden_act", Act::kGeluTanh),
                           tied(true),
                           flag(Field::kAttnBias, "use_bias", true),
                           {Field::kWindow, "sliding_window", "attention.sliding_window", value_of(0), value_of(0)},
                           rope_theta(10000),
                       }));

constexpr auto kDefaults = class_defaults(30, 3072, 24, 12288, 49152);

}  // namespace

extern const Family kStarcoder2;  // external linkage: the generated list refers to it
constinit const Family kStarcoder2 = {
    .name = "starcoder2",
    .model_types = "starcoder2",
    .gguf_arch = "starcoder2",
    .summary = "StarCoder2 3B, 7B, 15B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .norm = {.kind = NormKind::kLayer},
    .position = {.pairing = kHalvesBoth},
    .attention = {.windows = Windows::kAllLayers},
    .mlp = {.kind = MlpKind::kPlain},
};

}  // namespace sg::families
