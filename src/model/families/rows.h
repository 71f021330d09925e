// Rows that many families share word for word, and how a family joins them with its own.
#pragma once

#include <array>

#include "model/family.h"

namespace sg::families {

/// The rows of several tables as one.
template <class Row, std::size_t... kSizes>
constexpr auto join(const std::array<Row, kSizes>&... parts) {
  std::array<Row, (kSizes + ...)> all{};
  std::size_t next = 0;
  const auto append = [&](const auto& part) {
    for (const Row& row : part) all[next++] = row;
  };
  (append(parts), ...);
  return all;
}

template <std::size_t kRows>
constexpr std::array<TensorRow, kRows> tensors(const TensorRow (&rows)[kRows]) {
  return std::to_array(rows);
}
template <std::size_t kRows>
constexpr std::array<ConfigRow, kRows> fields(const ConfigRow (&rows)[kRows]) {
  return std::to_array(rows);
}

/// A text that a template takes.
template <std::size_t kSize>
struct Literal {
  char text[kSize] = {};
  constexpr Literal(const char (&from)[kSize]) {  // NOLINT(google-explicit-constructor): a string stands for it
    for (std::size_t i = 0; i < kSize; ++i) text[i] = from[i];
  }
  static constexpr std::size_t kLength = kSize - 1;
};

/// "MODULE.LEAF", or "MODULE.LEAF|OTHER.LEAF"; modules end with their dot.
template <Literal kModule, Literal kOther, Literal kLeaf>
struct Named {
  static constexpr std::size_t kOtherSize = kOther.kLength == 0 ? 0 : 1 + kOther.kLength + kLeaf.kLength;
  static constexpr auto kText = [] {
    std::array<char, kModule.kLength + kLeaf.kLength + kOtherSize> all{};
    std::size_t next = 0;
    const auto append = [&](const auto& part) {
      for (std::size_t i = 0; i < part.kLength; ++i) all[next++] = part.text[i];
    };
    append(kModule);
    append(kLeaf);
    if (kOtherSize > 0) {
      all[next++] = '|';
      append(kOther);
      append(kLeaf);
    }
    return all;
  }();
};
template <Literal kModule, Literal kOther, Literal kLeaf>
constexpr std::string_view named() {
  return {Named<kModule, kOther, kLeaf>::kText.data(), Named<kModule, kOther, kLeaf>::kText.size()};
}

/// Embedding and head of the models that are named after LLaMA's code; a missing head is the embedding.
inline constexpr auto kLlamaEnds = tensors({
    {Role::kEmbed, "model.embed_tokens.weight", "token_embd.weight"},
    {Role::kFinalNorm, "model.norm.weight", "output_norm.weight"},
    {Role::kHead, "lm_head.weight", "output.weight", Need::kOptional},
});
/// llama.cpp also reads all three in one tensor.
inline constexpr auto kLlamaAttention = tensors({
    {Role::kQkv, "", "blk.{}.attn_qkv.weight", Need::kOptional},
    {Role::kQkvBias, "", "blk.{}.attn_qkv.bias", Need::kOptional},
    {Role::kQ, "model.layers.{}.self_attn.q_proj.weight", "blk.{}.attn_q.weight", Need::kUnlessFused},
    {Role::kK, "model.layers.{}.self_attn.k_proj.weight", "blk.{}.attn_k.weight", Need::kUnlessFused},
    {Role::kV, "model.layers.{}.self_attn.v_proj.weight", "blk.{}.attn_v.weight", Need::kUnlessFused},
    {Role::kO, "model.layers.{}.self_attn.o_proj.weight", "blk.{}.attn_output.weight"},
});
inline constexpr auto kLlamaQkvBiases = tensors({
    {Role::kQBias, "model.layers.{}.self_attn.q_proj.bias", "blk.{}.attn_q.bias", Need::kFlag, Field::kAttnBias},
    {Role::kKBias, "model.layers.{}.self_attn.k_proj.bias", "blk.{}.attn_k.bias", Need::kFlag, Field::kAttnBias},
    {Role::kVBias, "model.layers.{}.self_attn.v_proj.bias", "blk.{}.attn_v.bias", Need::kFlag, Field::kAttnBias},
});
inline constexpr auto kLlamaOutBias = tensors({
    {Role::kOBias, "model.layers.{}.self_attn.o_proj.bias", "blk.{}.attn_output.bias", Need::kFlag, Field::kAttnBias},
});
inline constexpr auto kHeadNorms = tensors({
    {Role::kQNorm, "model.layers.{}.self_attn.q_norm.weight", "blk.{}.attn_q_norm.weight"},
    {Role::kKNorm, "model.layers.{}.self_attn.k_norm.weight", "blk.{}.attn_k_norm.weight"},
});
inline constexpr auto kInputNorms = tensors({
    {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
    {Role::kMlpNormIn, "model.layers.{}.post_attention_layernorm.weight", "blk.{}.ffn_norm.weight"},
});
/// Norms after the branches, under the names of OLMo 2.
inline constexpr auto kBranchNorms = tensors({
    {Role::kAttnNormOut, "model.layers.{}.post_attention_layernorm.weight", "blk.{}.post_attention_norm.weight"},
    {Role::kMlpNormOut, "model.layers.{}.post_feedforward_layernorm.weight", "blk.{}.post_ffw_norm.weight"},
});
/// Gemma 2 and 3: a norm before and after each branch.
inline constexpr auto kSandwichNorms = tensors({
    {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
    {Role::kAttnNormOut, "model.layers.{}.post_attention_layernorm.weight", "blk.{}.post_attention_norm.weight"},
    {Role::kMlpNormIn, "model.layers.{}.pre_feedforward_layernorm.weight", "blk.{}.ffn_norm.weight"},
    {Role::kMlpNormOut, "model.layers.{}.post_feedforward_layernorm.weight", "blk.{}.post_ffw_norm.weight"},
});
inline constexpr auto kLlamaMlp = tensors({
    {Role::kGate, "model.layers.{}.mlp.gate_proj.weight", "blk.{}.ffn_gate.weight"},
    {Role::kUp, "model.layers.{}.mlp.up_proj.weight", "blk.{}.ffn_up.weight"},
    {Role::kDown, "model.layers.{}.mlp.down_proj.weight", "blk.{}.ffn_down.weight"},
});
inline constexpr auto kLlamaMlpBiases = tensors({
    {Role::kGateBias, "model.layers.{}.mlp.gate_proj.bias", "blk.{}.ffn_gate.bias", Need::kFlag, Field::kMlpBias},
    {Role::kUpBias, "model.layers.{}.mlp.up_proj.bias", "blk.{}.ffn_up.bias", Need::kFlag, Field::kMlpBias},
    {Role::kDownBias, "model.layers.{}.mlp.down_proj.bias", "blk.{}.ffn_down.bias", Need::kFlag, Field::kMlpBias},
});
inline constexpr auto kRopeDivisors = tensors({
    {Role::kRopeDivisors, "", "rope_freqs.weight", Need::kOptional},
});

/// Widths under LLaMA's keys, without defaults: a file that leaves one out is incomplete.
inline constexpr auto kLlamaWidths = fields({
    {Field::kLayers, "num_hidden_layers", "block_count"},
    {Field::kWidth, "hidden_size", "embedding_length"},
    {Field::kHeads, "num_attention_heads", "attention.head_count"},
    {Field::kFfnWidth, "intermediate_size", "feed_forward_length"},
    {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
});
/// What transformers' class of the family takes for the widths that a multimodal file leaves out.
constexpr std::array<ClassDefault, 5> class_defaults(std::size_t layers, std::size_t width, std::size_t heads,
                                                     std::size_t ffn_width, std::size_t vocab) {
  return {{{Field::kLayers, layers},
           {Field::kWidth, width},
           {Field::kHeads, heads},
           {Field::kFfnWidth, ffn_width},
           {Field::kVocab, vocab}}};
}
/// Key/value heads and head size that follow from the widths unless stated.
inline constexpr auto kGroupedHeads = fields({
    {Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", same_as(Field::kHeads), same_as(Field::kHeads)},
    {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
     derived(From::kWidthOverHeads)},
});
constexpr ConfigRow rms_eps(double absent) {
  return {Field::kNormEps, "rms_norm_eps", "attention.layer_norm_rms_epsilon", value_of(absent), kRequired, kRequired};
}
constexpr ConfigRow layer_norm_eps(std::string_view key) {
  return {Field::kNormEps, key, "attention.layer_norm_epsilon", value_of(1e-5), kRequired, kRequired};
}
constexpr ConfigRow max_position(double absent) {
  return {Field::kMaxPosition, "max_position_embeddings", "context_length", value_of(absent)};
}
constexpr ConfigRow activation(std::string_view key, Act absent) {
  return {Field::kAct, key, "", value_of(static_cast<int>(absent)), value_of(static_cast<int>(absent))};
}
constexpr ConfigRow tied(bool absent) { return {Field::kTied, "tie_word_embeddings", "", value_of(absent ? 1 : 0)}; }
constexpr ConfigRow flag(Field field, std::string_view key, bool absent) {
  return {field, key, "", value_of(absent ? 1 : 0), value_of(0)};
}
constexpr ConfigRow rope_theta(double absent) {
  return {Field::kRopeTheta, "rope_theta", "rope.freq_base", value_of(absent)};
}
constexpr ConfigRow rotary_share(std::string_view keys, double absent) {
  return {Field::kRotaryPct, keys, "", value_of(absent), kRequired, value_of(1)};
}
inline constexpr std::string_view kPartialRotary =
    "rope_scaling.partial_rotary_factor|rope_parameters.partial_rotary_factor|partial_rotary_factor";

/// What the models named Granite have in common: four multipliers beside LLaMA's numbers.
inline constexpr auto kGraniteRows = fields({
    max_position(2048),
    rms_eps(1e-6),
    activation("hidden_act", Act::kSilu),
    tied(false),
    flag(Field::kAttnBias, "attention_bias", false),
    {Field::kEmbedMultiplier, "embedding_multiplier", "embedding_scale", value_of(1)},
    {Field::kResidualMultiplier, "residual_multiplier", "residual_scale", value_of(1)},
    {Field::kAttnMultiplier, "attention_multiplier", "attention.scale", value_of(1)},
    {Field::kLogitDivisor, "logits_scaling", "logit_scale", value_of(1)},
    rope_theta(10000),
});

inline constexpr PerFormat<Pairing> kAdjacentBoth = {.hf = Pairing::kAdjacent, .gguf = Pairing::kAdjacent};
inline constexpr PerFormat<Pairing> kHalvesBoth = {.hf = Pairing::kHalves, .gguf = Pairing::kHalves};

}  // namespace sg::families
