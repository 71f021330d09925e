// GPT-Neo: scores are not scaled, every other layer sees a window.
// Facts: transformers models/gpt_neo.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = tensors({
    {Role::kEmbed, "transformer.wte.weight", ""},
    {Role::kPositionEmbed, "transformer.wpe.weight", ""},
    {Role::kAttnNormIn, "transformer.h.{}.ln_1.weight", ""},
    {Role::kAttnNormInBias, "transformer.h.{}.ln_1.bias", ""},
    {Role::kQ, "transformer.h.{}.attn.attention.q_proj.weight", ""},
    {Role::kK, "transformer.h.{}.attn.attention.k_proj.weight", ""},
    {Role::kV, "transformer.h.{}.attn.attention.v_proj.weight", ""},
    {Role::kO, "transformer.h.{}.attn.attention.out_proj.weight", ""},
    {Role::kOBias, "transformer.h.{}.attn.attention.out_proj.bias", ""},
    {Role::kMlpNormIn, "transformer.h.{}.ln_2.weight", ""},
    {Role::kMlpNormInBias, "transformer.h.{}.ln_2.bias", ""},
    {Role::kUp, "transformer.h.{}.mlp.c_fc.weight", ""},
    {Role::kUpBias, "transformer.h.{}.mlp.c_fc.bias", ""},
    {Role::kDown, "transformer.h.{}.mlp.c_proj.weight", ""},
    {Role::kDownBias, "transformer.h.{}.mlp.c_proj.bias", ""},
    {Role::kFinalNorm, "transformer.ln_f.weight", ""},
    {Role::kFinalNormBias, "transformer.ln_f.bias", ""},
    {Role::kHead, "lm_head.weight", "", Need::kOptional},
});

constexpr auto kConfig = fields({
    {Field::kLayers, "num_layers|num_hidden_layers", ""},
    {Field::kWidth, "hidden_size", ""},
    {Field::kHeads, "num_heads|num_attention_heads", ""},
    {Field::kHeadDim, "", "", derived(From::kWidthOverHeads)},
    {Field::kFfnWidth, "intermediate_size", "", derived(From::kFourWidths), derived(From::kFourWidths)},
    {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
    max_position(2048),
    layer_norm_eps("layer_norm_epsilon"),
    activation("activation_function", Act::kGeluTanh),
    tied(true),
    {Field::kWindow, "window_size", "", value_of(256)},
});

}  // namespace

extern const Family kGptNeo;  // external linkage: the generated list refers to it
constinit const Family kGptNeo = {
    .name = "gpt_neo",
    .model_types = "gpt_neo",
    .gguf_arch = "",
    .summary = "GPT-Neo 125M, 1.3B, 2.7B",
    .base_prefix = "transformer.",
    .tensors = kTensors,
    .config = kConfig,
    .norm = {.kind = NormKind::kLayer},
    .position = {.kind = Positions::kLearned},
    .attention = {.scale = ScoreScale::kOne, .windows = Windows::kAlternateTypes},
    .mlp = {.kind = MlpKind::kPlain},
    .half = {.gelu = HalfGelu::kPower, .float32_scores = true},
};

}  // namespace sg::families
