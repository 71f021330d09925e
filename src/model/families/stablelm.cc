// StableLM 2 and StableLM 3B: partial rotary, optionally a parallel block with one norm and a norm for every head.
// Facts: transformers models/stablelm; GGUF stacks the heads' gains.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kLlamaAttention, kLlamaQkvBiases, kLlamaMlp,
         tensors({
             {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
             {Role::kAttnNormInBias, "model.layers.{}.input_layernorm.bias", "blk.{}.attn_norm.bias"},
             {Role::kMlpNormIn, "model.layers.{}.post_attention_layernorm.weight", "blk.{}.ffn_norm.weight",
              Need::kFlag, Field::kParallel, true},
             {Role::kMlpNormInBias, "model.layers.{}.post_attention_layernorm.bias", "blk.{}.ffn_norm.bias",
              Need::kFlag, Field::kParallel, true},
             {Role::kQNorm, "model.layers.{}.self_attn.q_layernorm.norms.{}.weight", "blk.{}.attn_q_norm.weight",
              Need::kFlag, Field::kQkNorm},
             {Role::kKNorm, "model.layers.{}.self_attn.k_layernorm.norms.{}.weight", "blk.{}.attn_k_norm.weight",
              Need::kFlag, Field::kQkNorm},
             {Role::kFinalNormBias, "model.norm.bias", "output_norm.bias"},
         }));

constexpr auto kConfig = join(
    kLlamaWidths, fields({
                      {Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(32),
                       same_as(Field::kHeads), same_as(Field::kHeads)},
                      {Field::kHeadDim, "", "", derived(From::kWidthOverHeads)},
                      max_position(4096),
                      layer_norm_eps("layer_norm_eps"),
                      activation("hidden_act", Act::kSilu),
                      tied(false),
                      flag(Field::kAttnBias, "use_qkv_bias", false),
                      {Field::kQkNorm, "qk_layernorm", "", value_of(0), kRequired, derived(From::kPresent)},
                      // Converters write true where config.json says nothing; llama.cpp looks for the norm.
                      {Field::kParallel, "use_parallel_residual", "", value_of(0), kRequired, derived(From::kPresent)},
                      rotary_share(kPartialRotary, 0.25),
                      rope_theta(10000),
                  }));

constexpr auto kDefaults = class_defaults(32, 2560, 32, 6912, 50304);

}  // namespace

extern const Family kStablelm;  // external linkage: the generated list refers to it
constinit const Family kStablelm = {
    .name = "stablelm",
    .model_types = "stablelm|stablelm_epoch",
    .gguf_arch = "stablelm",
    .summary = "StableLM 2 1.6B and 12B, StableLM 3B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .unused_keys = "use_parallel_residual",
    .norm = {.kind = NormKind::kLayer},
    .block = {.order = Order::kFromConfig},
    .position = {.pairing = kHalvesBoth},
    .attention = {.qk_norm = QkNorm::kEachHead},
    .mlp = {.kind = MlpKind::kGated},
};

}  // namespace sg::families
