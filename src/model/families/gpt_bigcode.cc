// StarCoder 1 and SantaCoder: GPT-2 with plain linear layers and one key/value head.
// Facts: transformers models/gpt_bigcode; llama.cpp has the form with one key/value head alone.
#include "model/families/rows.h"
#include "model/fields.h"

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
    flag(Field::kMultiQuery, "multi_query", true),
    {Field::kKvHeads, "", "attention.head_count_kv", same_as(Field::kHeads), kRequired, value_of(1)},
    {Field::kHeadDim, "", "", derived(From::kWidthOverHeads)},
    {Field::kFfnWidth, "n_inner", "feed_forward_length", derived(From::kFourWidths), derived(From::kFourWidths)},
    {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
    {Field::kMaxPosition, "n_positions|max_position_embeddings", "context_length", value_of(1024)},
    layer_norm_eps("layer_norm_epsilon"),
    activation("activation_function", Act::kGeluTanh),
    tied(true),
    flag(Field::kScaleScores, "scale_attn_weights", true),
    flag(Field::kCrossAttention, "add_cross_attention", false),
});

void rules(Fields& fields) {
  if (fields.flag(Field::kMultiQuery)) fields.set_count(Field::kKvHeads, 1);
}

}  // namespace

extern const Family kGptBigcode;  // external linkage: the generated list refers to it
constinit const Family kGptBigcode = {
    .name = "gpt_bigcode",
    .model_types = "gpt_bigcode",
    .gguf_arch = "starcoder",
    .summary = "StarCoder 1, SantaCoder",
    .base_prefix = "transformer.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = rules,
    .unused_keys = "num_key_value_heads|attention_softmax_in_fp32|scale_attention_softmax_in_fp32",
    .norm = {.kind = NormKind::kLayer},
    .position = {.kind = Positions::kLearned},
    // Of one group, its queries, its key and its value are also all queries, all keys and all values.
    .attention = {.layout = {.hf = QkvLayout::kPerHead, .gguf = QkvLayout::kPerHead}},
    .mlp = {.kind = MlpKind::kPlain},
};

}  // namespace sg::families
