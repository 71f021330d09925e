// Gemma 3, text models and the text part of multimodal checkpoints.
// Facts: transformers models/gemma3, whose defaults the larger files rely on. GGUF adds one to the gains.
#include "model/families/rows.h"
#include "model/fields.h"

namespace sg::families {
namespace {

/// GGUF files hold no query_pre_attn_scalar: d_model / n_heads for the 27B, which its depth tells, else d_head.
double gguf_query_scalar(const Fields& fields) {
  constexpr std::size_t kLayersOf27B = 62;
  const std::size_t width = fields.count(Field::kWidth), heads = fields.count(Field::kHeads);
  if (fields.count(Field::kLayers) != kLayersOf27B) return static_cast<double>(fields.count(Field::kHeadDim));
  return static_cast<double>(width) / static_cast<double>(heads);
}

constexpr auto kTensors = join(kLlamaEnds, kSandwichNorms, kLlamaAttention, kHeadNorms, kLlamaMlp);

constexpr auto kConfig = fields({
    {Field::kLayers, "num_hidden_layers", "block_count", value_of(26)},
    {Field::kWidth, "hidden_size", "embedding_length", value_of(2304)},
    {Field::kHeads, "num_attention_heads", "attention.head_count", value_of(8)},
    {Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(4)},
    {Field::kHeadDim, "head_dim", "attention.key_length", value_of(256)},
    {Field::kFfnWidth, "intermediate_size", "feed_forward_length", value_of(9216)},
    {Field::kVocab, "vocab_size", "", value_of(262208), kRequired, derived(From::kEmbedRows)},
    max_position(131072),
    rms_eps(1e-6),
    activation("hidden_activation", Act::kGeluTanh),
    tied(true),
    {Field::kQueryScalar, "query_pre_attn_scalar", "", value_of(256), kRequired, by_rule(gguf_query_scalar)},
    {Field::kLogitCap, "final_logit_softcapping", "final_logit_softcapping", value_of(0), value_of(0)},
    {Field::kWindow, "sliding_window", "attention.sliding_window", value_of(4096), value_of(0)},
    {Field::kWindowPattern, "sliding_window_pattern", "attention.sliding_window_pattern", value_of(6)},
    flag(Field::kBidirectional, "use_bidirectional_attention", false),
    rope_theta(1000000),
    {Field::kRopeLocalTheta, "rope_local_base_freq", "rope.freq_base_swa", value_of(10000)},
});

}  // namespace

extern const Family kGemma3;  // external linkage: the generated list refers to it
constinit const Family kGemma3 = {
    .name = "gemma3",
    .model_types = "gemma3_text|gemma3",
    .gguf_arch = "gemma3",
    .summary = "Gemma 3 270M-27B, text",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .unused_keys = "attn_logit_softcapping|hidden_act",
    .embed = {.scale = EmbedScale::kSqrtWidth},
    .norm = {.gain_offset = {.hf = 1.0f, .gguf = 0.0f}},
    .block = {.norm_at = NormAt::kInput | NormAt::kOutput},
    .position = {.pairing = kHalvesBoth, .kinds = RopeKinds::kDefaulted},
    .attention = {.scale = ScoreScale::kInvSqrtQueryScalar,
                  .qk_norm = QkNorm::kPerHead,
                  .windows = Windows::kAllButEveryNth},
    .half = {.gain_first = true},
};

}  // namespace sg::families
