// Bamba: Mamba 2, and attention in a few layers.
// Facts: transformers models/bamba, where half of each head rotates unless rope_parameters says otherwise.
#include "model/families/mixer_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(tensors({
             {Role::kEmbed, "model.embed_tokens.weight", ""},
             {Role::kFinalNorm, "model.final_layernorm.weight", ""},
             {Role::kHead, "lm_head.weight", "", Need::kOptional},
             {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", ""},
             {Role::kMlpNormIn, "model.layers.{}.pre_ff_layernorm.weight", ""},
         }),
         on(On::kAttention, kLlamaAttention), on(On::kAttention, kLlamaQkvBiases), on(On::kAttention, kLlamaOutBias),
         kMamba2Of<"model.layers.{}.mamba.">,
         tensors({
             {Role::kGate, "model.layers.{}.feed_forward.gate_proj.weight", ""},
             {Role::kUp, "model.layers.{}.feed_forward.up_proj.weight", ""},
             {Role::kDown, "model.layers.{}.feed_forward.down_proj.weight", ""},
             {Role::kGateBias, "model.layers.{}.feed_forward.gate_proj.bias", "", Need::kFlag, Field::kMlpBias},
             {Role::kUpBias, "model.layers.{}.feed_forward.up_proj.bias", "", Need::kFlag, Field::kMlpBias},
             {Role::kDownBias, "model.layers.{}.feed_forward.down_proj.bias", "", Need::kFlag, Field::kMlpBias},
         }));

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(8),
                  same_as(Field::kHeads), same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
                  derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
         kMamba2Sizes,
         fields({
             max_position(262144),
             rms_eps(1e-5),
             activation("hidden_act", Act::kSilu),
             tied(false),
             flag(Field::kAttnBias, "attention_bias", false),
             flag(Field::kMlpBias, "mlp_bias", false),
             {Field::kRotaryPct, "rope_scaling.partial_rotary_factor|rope_parameters.partial_rotary_factor", "",
              value_of(0.5)},
             rope_theta(10000),
         }));

}  // namespace

extern const Family kBamba;  // external linkage: the generated list refers to it
constinit const Family kBamba = {
    .name = "bamba",
    .model_types = "bamba",
    .gguf_arch = "",
    .summary = "Bamba 9B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .unused_keys = "mamba_d_head|mamba_chunk_size|num_logits_to_keep|z_loss_coefficient|partial_rotary_factor",
    .position = {.pairing = kHalvesBoth},
    .mixer = {.kind = Mixer::kMamba2, .layers = MixerLayers::kIndexed},
};

}  // namespace sg::families
