// GPT-NeoX: Pythia, GPT-NeoX-20B, RedPajama-INCITE, Dolly, StableLM-alpha.
// Facts: transformers models/gpt_neox; GGUF stores the fused projection as thirds.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = tensors({
    {Role::kEmbed, "gpt_neox.embed_in.weight", "token_embd.weight"},
    {Role::kAttnNormIn, "gpt_neox.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
    {Role::kAttnNormInBias, "gpt_neox.layers.{}.input_layernorm.bias", "blk.{}.attn_norm.bias"},
    {Role::kQkv, "gpt_neox.layers.{}.attention.query_key_value.weight", "blk.{}.attn_qkv.weight"},
    {Role::kQkvBias, "gpt_neox.layers.{}.attention.query_key_value.bias", "blk.{}.attn_qkv.bias", Need::kFlag,
     Field::kAttnBias},
    {Role::kO, "gpt_neox.layers.{}.attention.dense.weight", "blk.{}.attn_output.weight"},
    {Role::kOBias, "gpt_neox.layers.{}.attention.dense.bias", "blk.{}.attn_output.bias", Need::kFlag, Field::kAttnBias},
    {Role::kMlpNormIn, "gpt_neox.layers.{}.post_attention_layernorm.weight", "blk.{}.ffn_norm.weight"},
    {Role::kMlpNormInBias, "gpt_neox.layers.{}.post_attention_layernorm.bias", "blk.{}.ffn_norm.bias"},
    {Role::kUp, "gpt_neox.layers.{}.mlp.dense_h_to_4h.weight", "blk.{}.ffn_up.weight"},
    {Role::kUpBias, "gpt_neox.layers.{}.mlp.dense_h_to_4h.bias", "blk.{}.ffn_up.bias"},
    {Role::kDown, "gpt_neox.layers.{}.mlp.dense_4h_to_h.weight", "blk.{}.ffn_down.weight"},
    {Role::kDownBias, "gpt_neox.layers.{}.mlp.dense_4h_to_h.bias", "blk.{}.ffn_down.bias"},
    {Role::kFinalNorm, "gpt_neox.final_layer_norm.weight", "output_norm.weight"},
    {Role::kFinalNormBias, "gpt_neox.final_layer_norm.bias", "output_norm.bias"},
    {Role::kHead, "embed_out.weight|lm_head.weight", "output.weight", Need::kOptional},
});

constexpr auto kConfig = fields({
    {Field::kLayers, "num_hidden_layers", "block_count", value_of(44)},
    {Field::kWidth, "hidden_size", "embedding_length", value_of(6144)},
    {Field::kHeads, "num_attention_heads", "attention.head_count", value_of(64)},
    {Field::kHeadDim, "", "", derived(From::kWidthOverHeads)},
    {Field::kFfnWidth, "intermediate_size", "feed_forward_length", value_of(24576)},
    {Field::kVocab, "vocab_size", "", value_of(50432), kRequired, derived(From::kEmbedRows)},
    max_position(2048),
    layer_norm_eps("layer_norm_eps"),
    activation("hidden_act", Act::kGeluErf),
    tied(false),
    flag(Field::kAttnBias, "attention_bias", true),
    {Field::kParallel, "use_parallel_residual", "use_parallel_residual", value_of(1)},
    {Field::kRopeTheta, "rotary_emb_base|rope_theta", "rope.freq_base", value_of(10000)},
    rotary_share(
        "rope_scaling.partial_rotary_factor|rope_parameters.partial_rotary_factor|rotary_pct|partial_rotary_factor",
        0.25),
});

}  // namespace

extern const Family kGptNeox;  // external linkage: the generated list refers to it
constinit const Family kGptNeox = {
    .name = "gpt_neox",
    .model_types = "gpt_neox",
    .gguf_arch = "gptneox",
    .summary = "Pythia, GPT-NeoX-20B, RedPajama-INCITE, Dolly",
    .base_prefix = "gpt_neox.",
    .tensors = kTensors,
    .config = kConfig,
    .norm = {.kind = NormKind::kLayer},
    .block = {.order = Order::kFromConfig},
    .position = {.kind = Positions::kRotary, .pairing = kHalvesBoth},
    .attention = {.layout = {.hf = QkvLayout::kPerHead, .gguf = QkvLayout::kThirds}},
    .mlp = {.kind = MlpKind::kPlain},
    .half = {.branches_first = true},
};

}  // namespace sg::families
