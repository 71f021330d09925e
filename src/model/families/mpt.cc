// MPT: ALiBi, LayerNorm without bias, no biases at all.
// Facts: transformers models/mpt, where the slopes' range of 8, exact GELU and a width of four are constants.
#include <cmath>

#include "model/config.h"
#include "model/families/rows.h"
#include "model/fields.h"

namespace sg::families {
namespace {

constexpr auto kTensors = tensors({
    {Role::kEmbed, "transformer.wte.weight", "token_embd.weight"},
    {Role::kAttnNormIn, "transformer.blocks.{}.norm_1.weight", "blk.{}.attn_norm.weight"},
    {Role::kQkv, "transformer.blocks.{}.attn.Wqkv.weight", "blk.{}.attn_qkv.weight"},
    {Role::kO, "transformer.blocks.{}.attn.out_proj.weight", "blk.{}.attn_output.weight"},
    {Role::kMlpNormIn, "transformer.blocks.{}.norm_2.weight", "blk.{}.ffn_norm.weight"},
    {Role::kUp, "transformer.blocks.{}.ffn.up_proj.weight", "blk.{}.ffn_up.weight"},
    {Role::kDown, "transformer.blocks.{}.ffn.down_proj.weight", "blk.{}.ffn_down.weight"},
    {Role::kFinalNorm, "transformer.norm_f.weight", "output_norm.weight"},
    {Role::kHead, "lm_head.weight", "output.weight", Need::kOptional},
});

double inverse_root(const Fields& f) { return 1.0 / std::sqrt(static_cast<double>(f.count(Field::kHeadDim))); }

constexpr auto kConfig = fields({
    {Field::kLayers, "n_layers|num_hidden_layers", "block_count"},
    {Field::kWidth, "d_model|hidden_size", "embedding_length"},
    {Field::kHeads, "n_heads|num_attention_heads", "attention.head_count"},
    {Field::kHeadDim, "", "", derived(From::kWidthOverHeads)},
    {Field::kFfnWidth, "", "feed_forward_length", derived(From::kFourWidths)},
    {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
    {Field::kMaxPosition, "max_seq_len", "context_length", value_of(2048)},
    layer_norm_eps("layer_norm_epsilon"),
    {Field::kAct, "", "", value_of(static_cast<int>(Act::kGeluErf))},
    tied(true),
    {Field::kClipQkv, "attn_config.clip_qkv", "attention.clamp_kqv", value_of(0), value_of(0)},
    {Field::kAttnMultiplier, "attn_config.softmax_scale", "", by_rule(inverse_root), by_rule(inverse_root)},
    {Field::kAlibiBias, "", "attention.max_alibi_bias", value_of(8), kRequired, kRequired},
    {Field::kAlibi, "", "", value_of(1)},
    {Field::kUseRope, "", "", value_of(0)},
});

/// attn_config is a dictionary, whose keys would else be looked for in vain. Of a model of one position the reference
/// has a bias of one column, 0, and adds it to every key.
Result<void> check_keys(const Config& config, Fields& fields) {
  if (config.format() == Format::kGguf) return {};
  if (fields.count(Field::kMaxPosition) == 1) fields.set_flag(Field::kAlibi, false);
  return config.check_object("attn_config");
}

}  // namespace

extern const Family kMpt;  // external linkage: the generated list refers to it
constinit const Family kMpt = {
    .name = "mpt",
    .model_types = "mpt",
    .gguf_arch = "mpt",
    .summary = "MPT 7B, 30B",
    .base_prefix = "transformer.",
    .tensors = kTensors,
    .config = kConfig,
    .variant = check_keys,
    .unused_keys = "attn_config.alibi|attn_config.alibi_bias_max|n_positions",
    .norm = {.kind = NormKind::kLayer},
    .position = {.kind = Positions::kRotaryOrAlibi},
    .attention = {.layout = {QkvLayout::kThirds, QkvLayout::kThirds}, .scale = ScoreScale::kFromConfig},
    .mlp = {.kind = MlpKind::kPlain},
    .half = {.float32_bias = true},
};

}  // namespace sg::families
