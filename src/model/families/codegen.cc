// CodeGen: GPT-J with queries, values and keys as one matrix in four parts.
// Facts: transformers models/codegen.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = tensors({
    {Role::kEmbed, "transformer.wte.weight", ""},
    {Role::kAttnNormIn, "transformer.h.{}.ln_1.weight", ""},
    {Role::kAttnNormInBias, "transformer.h.{}.ln_1.bias", ""},
    {Role::kQkv, "transformer.h.{}.attn.qkv_proj.weight", ""},
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

extern const Family kCodegen;  // external linkage: the generated list refers to it
constinit const Family kCodegen = {
    .name = "codegen",
    .model_types = "codegen",
    .gguf_arch = "",
    .summary = "CodeGen 350M-16B",
    .base_prefix = "transformer.",
    .tensors = kTensors,
    .config = kConfig,
    .unused_keys = "n_ctx",
    .norm = {.kind = NormKind::kLayer},
    .block = {.order = Order::kParallel},
    .position = {.pairing = kAdjacentBoth},
    .attention = {.layout = {QkvLayout::kQuarters, QkvLayout::kQuarters}},
    .mlp = {.kind = MlpKind::kPlain},
    .half = {.rotation = HalfRotation::kOnce, .gelu = HalfGelu::kPower, .float32_scores = true, .branches_first = true},
};

}  // namespace sg::families
