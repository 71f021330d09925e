// Nemotron 4 and Minitron: LayerNorm with gain 1 + w, squared ReLU, half of each head rotates.
// Facts: transformers models/nemotron; GGUF stores 1 + w.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(
    kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias,
    tensors({
        {Role::kAttnNormInBias, "model.layers.{}.input_layernorm.bias", "blk.{}.attn_norm.bias"},
        {Role::kMlpNormInBias, "model.layers.{}.post_attention_layernorm.bias", "blk.{}.ffn_norm.bias"},
        {Role::kFinalNormBias, "model.norm.bias", "output_norm.bias"},
        {Role::kUp, "model.layers.{}.mlp.up_proj.weight", "blk.{}.ffn_up.weight"},
        {Role::kUpBias, "model.layers.{}.mlp.up_proj.bias", "blk.{}.ffn_up.bias", Need::kFlag, Field::kMlpBias},
        {Role::kDown, "model.layers.{}.mlp.down_proj.weight", "blk.{}.ffn_down.weight"},
        {Role::kDownBias, "model.layers.{}.mlp.down_proj.bias", "blk.{}.ffn_down.bias", Need::kFlag, Field::kMlpBias},
    }));

constexpr auto kConfig = join(kLlamaWidths, kGroupedHeads,
                              fields({
                                  max_position(4096),
                                  layer_norm_eps("norm_eps"),
                                  activation("hidden_act", Act::kRelu2),
                                  tied(false),
                                  flag(Field::kAttnBias, "attention_bias", false),
                                  flag(Field::kMlpBias, "mlp_bias", false),
                                  rotary_share(kPartialRotary, 0.5),
                                  rope_theta(10000),
                              }));

}  // namespace

extern const Family kNemotron;  // external linkage: the generated list refers to it
constinit const Family kNemotron = {
    .name = "nemotron",
    .model_types = "nemotron",
    .gguf_arch = "nemotron",
    .summary = "Nemotron 4, Minitron 4B, 8B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .norm = {.kind = NormKind::kLayer, .gain_offset = {.hf = 1.0f, .gguf = 0.0f}},
    .position = {.pairing = kHalvesBoth},
    .mlp = {.kind = MlpKind::kPlain},
};

}  // namespace sg::families
