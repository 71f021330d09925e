// Apertus: ungated xIELU with learned scalars per layer, norms on q and k.
// Facts: transformers models/apertus, xIELU arXiv:2411.13010; GGUF keeps the scalars as metadata.
// A file without rope_scaling, or with null, is scaled as LLaMA 3.1 with theta 12e6: ApertusConfig of transformers 5.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kHeadNorms, kRopeDivisors,
         tensors({
             {Role::kAttnNormIn, "model.layers.{}.attention_layernorm.weight", "blk.{}.attn_norm.weight"},
             {Role::kMlpNormIn, "model.layers.{}.feedforward_layernorm.weight", "blk.{}.ffn_norm.weight"},
             {Role::kUp, "model.layers.{}.mlp.up_proj.weight", "blk.{}.ffn_up.weight"},
             {Role::kDown, "model.layers.{}.mlp.down_proj.weight", "blk.{}.ffn_down.weight"},
             {Role::kXieluAlphaP, "model.layers.{}.mlp.act_fn.alpha_p", ""},
             {Role::kXieluAlphaN, "model.layers.{}.mlp.act_fn.alpha_n", ""},
             {Role::kXieluBeta, "model.layers.{}.mlp.act_fn.beta", "", Need::kOptional},
             {Role::kXieluEps, "model.layers.{}.mlp.act_fn.eps", "", Need::kOptional},
         }));

constexpr auto kConfig = join(kLlamaWidths, kGroupedHeads,
                              fields({
                                  max_position(65536),
                                  rms_eps(1e-5),
                                  activation("hidden_act", Act::kXielu),
                                  tied(false),
                                  flag(Field::kAttnBias, "attention_bias", false),
                                  rope_theta(12000000),
                              }));

constexpr auto kDefaults = class_defaults(32, 4096, 32, 14336, 131072);

}  // namespace

extern const Family kApertus;  // external linkage: the generated list refers to it
constinit const Family kApertus = {
    .name = "apertus",
    .model_types = "apertus",
    .gguf_arch = "apertus",
    .summary = "Apertus 8B, 70B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .position = {.pairing = kHalvesBoth, .unstated = DefaultRope::kLlama3},
    .attention = {.qk_norm = QkNorm::kPerHead},
    .mlp = {.kind = MlpKind::kPlain},
};

}  // namespace sg::families
