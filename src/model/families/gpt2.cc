// GPT-2: learned positions, Conv1D weights stored (inputs x outputs), tied head.
// Facts: transformers models/gpt2; GGUF stores the matrices transposed.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = tensors({
    {Role::kEmbed, "transformer.wte.weight", "token_embd.weight"},
    {Role::kPositionEmbed, "transformer.wpe.weight", "position_embd.weight"},
    {Role::kAttnNormIn, "transformer.h.{}.ln_1.weight", "blk.{}.attn_norm.weight"},
    {Role::kAttnNormInBias, "transformer.h.{}.ln_1.bias", "blk.{}.attn_norm.bias"},
    {Role::kQkv, "transformer.h.{}.attn.c_attn.weight", "blk.{}.attn_qkv.weight"},
    {Role::kQkvBias, "transformer.h.{}.attn.c_attn.bias", "blk.{}.attn_qkv.bias"},
    {Role::kO, "transformer.h.{}.attn.c_proj.weight", "blk.{}.attn_output.weight"},
    {Role::kOBias, "transformer.h.{}.attn.c_proj.bias", "blk.{}.attn_output.bias"},
    {Role::kMlpNormIn, "transformer.h.{}.ln_2.weight", "blk.{}.ffn_norm.weight"},
    {Role::kMlpNormInBias, "transformer.h.{}.ln_2.bias", "blk.{}.ffn_norm.bias"},
    {Role::kUp, "transformer.h.{}.mlp.c_fc.weight", "blk.{}.ffn_up.weight"},
    {Role::kUpBias, "transformer.h.{}.mlp.c_fc.bias", "blk.{}.ffn_up.bias"},
    {Role::kDown, "transformer.h.{}.mlp.c_proj.weight", "blk.{}.ffn_down.weight"},
    {Role::kDownBias, "transformer.h.{}.mlp.c_proj.bias", "blk.{}.ffn_down.bias"},
    {Role::kFinalNorm, "transformer.ln_f.weight", "output_norm.weight"},
    {Role::kFinalNormBias, "transformer.ln_f.bias", "output_norm.bias"},
    {Role::kHead, "lm_head.weight", "output.weight", Need::kOptional},
});

constexpr auto kConfig = fields({
    {Field::kLayers, "n_layer|num_hidden_layers", "block_count"},
    {Field::kWidth, "n_embd|hidden_size", "embedding_length"},
    {Field::kHeads, "n_head|num_attention_heads", "attention.head_count"},
    {Field::kHeadDim, "", "", derived(From::kWidthOverHeads)},
    {Field::kFfnWidth, "n_inner", "feed_forward_length", derived(From::kFourWidths), derived(From::kFourWidths)},
    {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
    {Field::kMaxPosition, "n_positions|max_position_embeddings", "context_length", value_of(1024)},
    layer_norm_eps("layer_norm_epsilon"),
    activation("activation_function", Act::kGeluTanh),
    tied(true),
    flag(Field::kScaleScores, "scale_attn_weights", true),
    flag(Field::kScaleByLayer, "scale_attn_by_inverse_layer_idx", false),
    flag(Field::kCrossAttention, "add_cross_attention", false),
});

}  // namespace

extern const Family kGpt2;  // external linkage: the generated list refers to it
constinit const Family kGpt2 = {
    .name = "gpt2",
    .model_types = "gpt2",
    .gguf_arch = "gpt2",
    .summary = "GPT-2 124M-1.5B",
    .base_prefix = "transformer.",
    .tensors = kTensors,
    .config = kConfig,
    .conv1d = true,
    .norm = {.kind = NormKind::kLayer},
    .position = {.kind = Positions::kLearned},
    .attention = {.layout = {QkvLayout::kThirds, QkvLayout::kThirds}},
    .mlp = {.kind = MlpKind::kPlain},
    .half = {.gelu = HalfGelu::kPower},
};

}  // namespace sg::families
