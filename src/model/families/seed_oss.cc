// Seed-OSS: LLaMA with biases on queries, keys and values.
// Facts: transformers models/seed_oss; its norm before the MLP is named after the attention in GGUF.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kLlamaAttention, kLlamaQkvBiases, kLlamaMlp, kLlamaMlpBiases,
         tensors({
             {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
             {Role::kMlpNormIn, "model.layers.{}.post_attention_layernorm.weight", "blk.{}.post_attention_norm.weight"},
             {Role::kOBias, "model.layers.{}.self_attn.o_proj.bias", "blk.{}.attn_output.bias", Need::kFlag,
              Field::kOutBias},
         }));

constexpr auto kConfig = join(kLlamaWidths,
                              fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(8),
                                       same_as(Field::kHeads), same_as(Field::kHeads)},
                                      {Field::kHeadDim, "head_dim", "attention.key_length", value_of(128),
                                       derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
                              fields({
                                  max_position(524288),
                                  rms_eps(1e-6),
                                  activation("hidden_act", Act::kSilu),
                                  tied(false),
                                  flag(Field::kAttnBias, "attention_bias", true),
                                  flag(Field::kOutBias, "attention_out_bias", false),
                                  flag(Field::kMlpBias, "mlp_bias", false),
                                  rope_theta(10000),
                              }));

}  // namespace

extern const Family kSeedOss;  // external linkage: the generated list refers to it
constinit const Family kSeedOss = {
    .name = "seed_oss",
    .model_types = "seed_oss",
    .gguf_arch = "seed_oss",
    .summary = "Seed-OSS 36B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .position = {.pairing = kHalvesBoth},
};

}  // namespace sg::families
