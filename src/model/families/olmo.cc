// OLMo 1: LayerNorm without parameters, optional clipping of q, k and v.
// Facts: transformers models/olmo; GGUF permutes q and k.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(tensors({
                                   {Role::kEmbed, "model.embed_tokens.weight", "token_embd.weight"},
                                   {Role::kHead, "lm_head.weight", "output.weight", Need::kOptional},
                               }),
                               kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kLlamaMlp);

constexpr auto kConfig = join(kLlamaWidths, kGroupedHeads,
                              fields({
                                  max_position(2048),
                                  // Fixed in the reference; llama.cpp reads the key.
                                  {Field::kNormEps, "", "attention.layer_norm_epsilon", value_of(1e-5)},
                                  activation("hidden_act", Act::kSilu),
                                  tied(false),
                                  flag(Field::kAttnBias, "attention_bias", false),
                                  {Field::kClipQkv, "clip_qkv", "attention.clamp_kqv", value_of(0), value_of(0)},
                                  rope_theta(10000),
                              }));

constexpr auto kDefaults = class_defaults(32, 4096, 32, 11008, 50304);

}  // namespace

extern const Family kOlmo;  // external linkage: the generated list refers to it
constinit const Family kOlmo = {
    .name = "olmo",
    .model_types = "olmo",
    .gguf_arch = "olmo",
    .summary = "OLMo 1B, 7B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .norm = {.kind = NormKind::kLayer},
    .position = {.pairing = kHalvesBoth, .permuted_in_gguf = true},
    .half = {.rotation = HalfRotation::kOnce},
};

}  // namespace sg::families
