// GPT-J: a parallel block with one norm, rotary on adjacent pairs of the first channels.
// Facts: transformers models/gptj.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = tensors({
    {Role::kEmbed, "transformer.wte.weight", ""},
    {Role::kAttnNormIn, "transformer.h.{}.ln_1.weight", ""},
    {Role::kAttnNormInBias, "transformer.h.{}.ln_1.bias", ""},
    {Role::kQ, "transformer.h.{}.attn.q_proj.weight", ""},
    {Role::kK, "transformer.h.{}.attn.k_proj.weight", ""},
    {Role::kV, "transformer.h.{}.attn.v_proj.weight", ""},
    {Role::kO, "transformer.h.{}.attn.out_proj.weight", ""},
    {Role::kUp, "transformer.h.{}.mlp.fc_in.weight", ""},
    {Role::kUpBias, "transformer.h.{}.mlp.fc_in.bias", ""},
    {Role::kDown, "transformer.h.{}.mlp.fc_out.weight", ""},
    {Role::kDownBias, "transformer.h.{}.mlp.fc_out.bias", ""},
    {Role::kFinalNorm, "transformer.ln_f.weight", ""},
    {Role::kFinalNormBias, "transformer.ln_f.bias", ""},
    {Role::kHead, "lm_head.weight", "", Need::kOptional},
    {Role::kHeadBias, "lm_head.bias", ""},
});

constexpr auto kConfig = fields({
    {Field::kLayers, "n_layer|num_hidden_layers", ""},
    {Field::kWidth, "n_embd|hidden_size", ""},
    {Field::kHeads, "n_head|num_attention_heads", ""},
    {Field::kHeadDim, "", "", derived(From::kWidthOverHeads)},
    {Field::kFfnWidth, "n_inner", "", derived(From::kFourWidths), derived(From::kFourWidths)},
    {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
    {Field::kMaxPosition, "n_positions|max_position_embeddings", "", value_of(2048)},
    layer_norm_eps("layer_norm_epsilon"),
    activation("activation_function", Act::kGeluTanh),
    tied(false),
    {Field::kRotaryDim, "rotary_dim", "", value_of(64), same_as(Field::kHeadDim)},
    {Field::kRopeTheta, "", "", value_of(10000)},  // fixed in the reference
});

}  // namespace

extern const Family kGptj;  // external linkage: the generated list refers to it
constinit const Family kGptj = {
    .name = "gptj",
    .model_types = "gptj",
    .gguf_arch = "",
    .summary = "GPT-J 6B",
    .base_prefix = "transformer.",
    .tensors = kTensors,
    .config = kConfig,
    .norm = {.kind = NormKind::kLayer},
    .block = {.order = Order::kParallel},
    .position = {.pairing = {.hf = Pairing::kAdjacent, .gguf = Pairing::kAdjacent}},
    .mlp = {.kind = MlpKind::kPlain},
    .half = {.gelu = HalfGelu::kPower, .float32_scores = true, .branches_first = true},
};

}  // namespace sg::families
