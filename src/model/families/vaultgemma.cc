// VaultGemma: Gemma 2 without the norms after the branches.
// Facts: transformers models/vaultgemma.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kLlamaMlp,
                               tensors({
                                   {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", ""},
                                   {Role::kMlpNormIn, "model.layers.{}.pre_feedforward_layernorm.weight", ""},
                               }));

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({{Field::kKvHeads, "num_key_value_heads", "", value_of(4), same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "", value_of(256), derived(From::kWidthOverHeads)}}),
         fields({
             max_position(8192),
             rms_eps(1e-6),
             activation("hidden_activation", Act::kGeluTanh),
             tied(true),
             flag(Field::kAttnBias, "attention_bias", false),
             {Field::kQueryScalar, "query_pre_attn_scalar", "", value_of(256)},
             {Field::kWindow, "sliding_window", "", value_of(4096), value_of(0)},
             {Field::kLogitCap, "final_logit_softcapping", "", value_of(30), value_of(0)},
             {Field::kAttnCap, "attn_logit_softcapping", "", value_of(50), value_of(0)},
             rope_theta(10000),
         }));

}  // namespace

extern const Family kVaultgemma;  // external linkage: the generated list refers to it
constinit const Family kVaultgemma = {
    .name = "vaultgemma",
    .model_types = "vaultgemma",
    .gguf_arch = "",
    .summary = "VaultGemma 1B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .unused_keys = "hidden_act",
    .embed = {.scale = EmbedScale::kSqrtWidth},
    .norm = {.gain_offset = {.hf = 1.0f, .gguf = 0.0f}},
    .position = {.pairing = kHalvesBoth},
    .attention = {.scale = ScoreScale::kInvSqrtQueryScalar, .windows = Windows::kEvenLayers},
    .half = {.gain_first = true},
};

}  // namespace sg::families
