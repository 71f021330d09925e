// BLOOM: ALiBi instead of positions, a norm on the embedding.
// Facts: transformers models/bloom; GGUF stores the fused projection as thirds.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = tensors({
    {Role::kEmbed, "transformer.word_embeddings.weight", "token_embd.weight"},
    {Role::kEmbedNorm, "transformer.word_embeddings_layernorm.weight", "token_embd_norm.weight"},
    {Role::kEmbedNormBias, "transformer.word_embeddings_layernorm.bias", "token_embd_norm.bias"},
    {Role::kAttnNormIn, "transformer.h.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
    {Role::kAttnNormInBias, "transformer.h.{}.input_layernorm.bias", "blk.{}.attn_norm.bias"},
    {Role::kQkv, "transformer.h.{}.self_attention.query_key_value.weight", "blk.{}.attn_qkv.weight"},
    {Role::kQkvBias, "transformer.h.{}.self_attention.query_key_value.bias", "blk.{}.attn_qkv.bias"},
    {Role::kO, "transformer.h.{}.self_attention.dense.weight", "blk.{}.attn_output.weight"},
    {Role::kOBias, "transformer.h.{}.self_attention.dense.bias", "blk.{}.attn_output.bias"},
    {Role::kMlpNormIn, "transformer.h.{}.post_attention_layernorm.weight", "blk.{}.ffn_norm.weight"},
    {Role::kMlpNormInBias, "transformer.h.{}.post_attention_layernorm.bias", "blk.{}.ffn_norm.bias"},
    {Role::kUp, "transformer.h.{}.mlp.dense_h_to_4h.weight", "blk.{}.ffn_up.weight"},
    {Role::kUpBias, "transformer.h.{}.mlp.dense_h_to_4h.bias", "blk.{}.ffn_up.bias"},
    {Role::kDown, "transformer.h.{}.mlp.dense_4h_to_h.weight", "blk.{}.ffn_down.weight"},
    {Role::kDownBias, "transformer.h.{}.mlp.dense_4h_to_h.bias", "blk.{}.ffn_down.bias"},
    {Role::kFinalNorm, "transformer.ln_f.weight", "output_norm.weight"},
    {Role::kFinalNormBias, "transformer.ln_f.bias", "output_norm.bias"},
    {Role::kHead, "lm_head.weight", "output.weight", Need::kOptional},
});

constexpr auto kConfig = fields({
    {Field::kLayers, "n_layer|num_hidden_layers", "block_count"},
    {Field::kWidth, "n_embed|hidden_size|n_embd", "embedding_length"},
    {Field::kHeads, "n_head|num_attention_heads", "attention.head_count"},
    {Field::kHeadDim, "", "", derived(From::kWidthOverHeads)},
    {Field::kFfnWidth, "", "feed_forward_length", derived(From::kFourWidths)},
    {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
    {Field::kMaxPosition, "seq_length", "context_length", value_of(0)},
    layer_norm_eps("layer_norm_epsilon"),
    activation("", Act::kGeluTanh),
    tied(true),
    flag(Field::kPostNormResidual, "apply_residual_connection_post_layernorm", false),
});

}  // namespace

extern const Family kBloom;  // external linkage: the generated list refers to it
constinit const Family kBloom = {
    .name = "bloom",
    .model_types = "bloom",
    .gguf_arch = "bloom",
    .summary = "BLOOM 560M-176B",
    .base_prefix = "transformer.",
    .tensors = kTensors,
    .config = kConfig,
    .embed = {.norm = true},
    .norm = {.kind = NormKind::kLayer},
    .position = {.kind = Positions::kAlibi},
    .attention = {.layout = {.hf = QkvLayout::kPerHead, .gguf = QkvLayout::kThirds}},
    .mlp = {.kind = MlpKind::kPlain},
    .half = {.gelu = HalfGelu::kTimes},
};

}  // namespace sg::families
