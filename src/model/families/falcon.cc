// Falcon 7B, 40B, 180B, 11B and the RefinedWeb models: one or two norms, parallel or not, rotary or ALiBi.
// Facts: transformers models/falcon; its fused rows are, for each key/value group, the queries, a key, a value.
#include "model/families/rows.h"
#include "model/fields.h"

namespace sg::families {
namespace {

constexpr auto kTensors = tensors({
    {Role::kEmbed, "transformer.word_embeddings.weight", "token_embd.weight"},
    {Role::kAttnNormIn, "transformer.h.{}.ln_attn.weight|transformer.h.{}.input_layernorm.weight",
     "blk.{}.attn_norm_2.weight|blk.{}.attn_norm.weight"},
    {Role::kAttnNormInBias, "transformer.h.{}.ln_attn.bias|transformer.h.{}.input_layernorm.bias",
     "blk.{}.attn_norm_2.bias|blk.{}.attn_norm.bias"},
    {Role::kMlpNormIn, "transformer.h.{}.ln_mlp.weight|transformer.h.{}.post_attention_layernorm.weight",
     "blk.{}.attn_norm.weight", Need::kFlag, Field::kTwoNorms},
    {Role::kMlpNormInBias, "transformer.h.{}.ln_mlp.bias|transformer.h.{}.post_attention_layernorm.bias",
     "blk.{}.attn_norm.bias", Need::kFlag, Field::kTwoNorms},
    {Role::kQkv, "transformer.h.{}.self_attention.query_key_value.weight", "blk.{}.attn_qkv.weight"},
    {Role::kQkvBias, "transformer.h.{}.self_attention.query_key_value.bias", "", Need::kFlag, Field::kAttnBias},
    {Role::kO, "transformer.h.{}.self_attention.dense.weight", "blk.{}.attn_output.weight"},
    {Role::kOBias, "transformer.h.{}.self_attention.dense.bias", "", Need::kFlag, Field::kAttnBias},
    {Role::kUp, "transformer.h.{}.mlp.dense_h_to_4h.weight", "blk.{}.ffn_up.weight"},
    {Role::kUpBias, "transformer.h.{}.mlp.dense_h_to_4h.bias", "", Need::kFlag, Field::kAttnBias},
    {Role::kDown, "transformer.h.{}.mlp.dense_4h_to_h.weight", "blk.{}.ffn_down.weight"},
    {Role::kDownBias, "transformer.h.{}.mlp.dense_4h_to_h.bias", "", Need::kFlag, Field::kAttnBias},
    {Role::kFinalNorm, "transformer.ln_f.weight", "output_norm.weight"},
    {Role::kFinalNormBias, "transformer.ln_f.bias", "output_norm.bias"},
    {Role::kHead, "lm_head.weight", "output.weight", Need::kOptional},
});

constexpr auto kConfig = fields({
    {Field::kLayers, "num_hidden_layers|n_layer", "block_count"},
    {Field::kWidth, "hidden_size", "embedding_length"},
    {Field::kHeads, "num_attention_heads|n_head", "attention.head_count"},
    {Field::kKvHeads, "num_kv_heads|n_head_kv", "attention.head_count_kv", same_as(Field::kHeads),
     same_as(Field::kHeads)},
    {Field::kHeadDim, "", "", derived(From::kWidthOverHeads)},
    {Field::kFfnWidth, "ffn_hidden_size", "feed_forward_length", derived(From::kFourWidths),
     derived(From::kFourWidths)},
    {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
    max_position(2048),
    layer_norm_eps("layer_norm_epsilon"),
    activation("activation", Act::kGeluErf),
    tied(true),
    flag(Field::kAttnBias, "bias", false),
    flag(Field::kAlibi, "alibi", false),
    flag(Field::kParallel, "parallel_attn", true),
    flag(Field::kMultiQuery, "multi_query", true),
    {Field::kNewDecoder, "new_decoder_architecture", "", value_of(0), value_of(0), value_of(1)},
    {Field::kNormCount, "num_ln_in_parallel_attn", "", value_of(2), value_of(2)},
    rope_theta(10000),
});

void rules(Fields& fields) {
  const bool new_decoder = fields.flag(Field::kNewDecoder);
  // The older decoders have one key/value head or as many as queries, whatever num_kv_heads says.
  if (!new_decoder)
    fields.set_count(Field::kKvHeads, fields.flag(Field::kMultiQuery) ? 1 : fields.count(Field::kHeads));
  // A second norm when the block is sequential, or in the new decoder unless it says one.
  const bool two = !fields.flag(Field::kParallel) || (new_decoder && fields.count(Field::kNormCount) != 1);
  fields.set_flag(Field::kTwoNorms, two);
  if (new_decoder) fields.set_flag(Field::kParallel, true);
}

}  // namespace

extern const Family kFalcon;  // external linkage: the generated list refers to it
constinit const Family kFalcon = {
    .name = "falcon",
    .model_types = "falcon|RefinedWeb|RefinedWebModel",
    .gguf_arch = "falcon",
    .summary = "Falcon 7B, 40B, 180B, 2-11B, RW",
    .base_prefix = "transformer.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = rules,
    .norm = {.kind = NormKind::kLayer},
    .block = {.order = Order::kFromConfig},
    .position = {.kind = Positions::kRotaryOrAlibiScaled, .pairing = kHalvesBoth},
    .attention = {.layout = {.hf = QkvLayout::kPerHead, .gguf = QkvLayout::kThirds}},
    .mlp = {.kind = MlpKind::kPlain},
    .half = {.branches_first = true},
};

}  // namespace sg::families
