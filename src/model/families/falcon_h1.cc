// Falcon-H1: attention and Mamba 2 read one normed stream, and what they add is their sum. Constants stand on the way
// of every branch. Facts: transformers models/falcon_h1; llama.cpp's converters multiply them into the weights.
#include "model/families/mixer_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(tensors({
             {Role::kEmbed, "model.embed_tokens.weight", "token_embd.weight"},
             {Role::kFinalNorm, "model.final_layernorm.weight", "output_norm.weight"},
             {Role::kHead, "lm_head.weight", "output.weight", Need::kOptional},
             {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
             {Role::kMlpNormIn, "model.layers.{}.pre_ff_layernorm.weight", "blk.{}.ffn_norm.weight|blk.{}.ffn_norm"},
         }),
         kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias,
         kMamba2Of<"model.layers.{}.mamba.", "", Field::kMixOutBias, Field::kMixNormed>,
         tensors({
             {Role::kGate, "model.layers.{}.feed_forward.gate_proj.weight", "blk.{}.ffn_gate.weight"},
             {Role::kUp, "model.layers.{}.feed_forward.up_proj.weight", "blk.{}.ffn_up.weight"},
             {Role::kDown, "model.layers.{}.feed_forward.down_proj.weight", "blk.{}.ffn_down.weight"},
             {Role::kGateBias, "model.layers.{}.feed_forward.gate_proj.bias", "", Need::kFlag, Field::kMlpBias},
             {Role::kUpBias, "model.layers.{}.feed_forward.up_proj.bias", "", Need::kFlag, Field::kMlpBias},
             {Role::kDownBias, "model.layers.{}.feed_forward.down_proj.bias", "", Need::kFlag, Field::kMlpBias},
         }));

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({
             {Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(8), same_as(Field::kHeads),
              same_as(Field::kHeads)},
             {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
              derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)},
         }),
         kMamba2Sizes,
         fields({
             {Field::kMixInner, "mamba_d_ssm", "ssm.inner_size", value_of(1024), by_rule(expanded), kRequired},
             flag(Field::kMixOutBias, "projectors_bias", false),
             {Field::kMixNormed, "mamba_rms_norm", "", value_of(0), value_of(0), derived(From::kPresent)},
             {Field::kMixNormFirst, "mamba_norm_before_gate", "", value_of(1), value_of(0), value_of(0)},
             max_position(8192),
             rms_eps(1e-5),
             activation("hidden_act", Act::kSilu),
             tied(false),
             flag(Field::kAttnBias, "attention_bias", false),
             flag(Field::kMlpBias, "mlp_bias", false),
             rope_theta(10000),
             {Field::kEmbedMultiplier, "embedding_multiplier", "", value_of(1), value_of(1)},
             {Field::kLogitMultiplier, "lm_head_multiplier", "", value_of(1), value_of(1)},
             {Field::kAttnInMultiplier, "attention_in_multiplier", "", value_of(1), value_of(1)},
             {Field::kAttnOutMultiplier, "attention_out_multiplier", "", value_of(1), value_of(1)},
             {Field::kKeyMultiplier, "key_multiplier", "", value_of(1), value_of(1)},
             {Field::kMixInMultiplier, "ssm_in_multiplier", "", value_of(1), value_of(1)},
             {Field::kMixOutMultiplier, "ssm_out_multiplier", "", value_of(1), value_of(1)},
         }));

}  // namespace

extern const Family kFalconH1;  // external linkage: the generated list refers to it
constinit const Family kFalconH1 = {
    .name = "falcon_h1",
    .model_types = "falcon_h1",
    .gguf_arch = "falcon-h1",
    .summary = "Falcon-H1 90M-34B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .unused_keys = "mamba_d_head|mamba_chunk_size|num_logits_to_keep",
    .embed = {.scale = EmbedScale::kFromConfig},
    .position = {.pairing = kHalvesBoth},
    .mixer = {.kind = Mixer::kMamba2, .layers = MixerLayers::kBeside},
};

}  // namespace sg::families
