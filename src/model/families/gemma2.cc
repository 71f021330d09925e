// Gemma 2: norms before and after each branch, two soft caps, every second layer windowed.
// Facts: transformers models/gemma2; GGUF has no query scale of its own and adds one to the gains.
#include "model/families/rows.h"
#include "model/fields.h"

namespace sg::families {
namespace {

/// GGUF files hold no query_pre_attn_scalar: d_model / n_heads for the 27B, which its depth tells, else d_head.
double gguf_query_scalar(const Fields& fields) {
  constexpr std::size_t kLayersOf27B = 46;
  const std::size_t width = fields.count(Field::kWidth), heads = fields.count(Field::kHeads);
  if (fields.count(Field::kLayers) != kLayersOf27B) return static_cast<double>(fields.count(Field::kHeadDim));
  return static_cast<double>(width) / static_cast<double>(heads);
}

constexpr auto kTensors = join(kLlamaEnds, kSandwichNorms, kLlamaAttention, kLlamaMlp);

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({
             {Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(4), kRequired,
              same_as(Field::kHeads)},
             {Field::kHeadDim, "head_dim", "attention.key_length", value_of(256)},
             max_position(8192),
             rms_eps(1e-6),
             activation("hidden_activation", Act::kGeluTanh),
             tied(true),
             {Field::kQueryScalar, "query_pre_attn_scalar", "", value_of(256), kRequired, by_rule(gguf_query_scalar)},
             {Field::kAttnCap, "attn_logit_softcapping", "attn_logit_softcapping", value_of(50), value_of(0)},
             {Field::kLogitCap, "final_logit_softcapping", "final_logit_softcapping", value_of(30), value_of(0)},
             {Field::kWindow, "sliding_window", "attention.sliding_window", value_of(4096), value_of(0)},
             flag(Field::kBidirectional, "use_bidirectional_attention", false),
             rope_theta(10000),
         }));

constexpr auto kDefaults = class_defaults(26, 2304, 8, 9216, 256000);

}  // namespace

extern const Family kGemma2;  // external linkage: the generated list refers to it
constinit const Family kGemma2 = {
    .name = "gemma2",
    .model_types = "gemma2",
    .gguf_arch = "gemma2",
    .summary = "Gemma 2 2B, 9B, 27B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .unused_keys = "hidden_act",
    .embed = {.scale = EmbedScale::kSqrtWidth},
    .norm = {.gain_offset = {.hf = 1.0f, .gguf = 0.0f}},
    .block = {.norm_at = NormAt::kInput | NormAt::kOutput},
    .position = {.pairing = kHalvesBoth},
    .attention = {.scale = ScoreScale::kInvSqrtQueryScalar, .windows = Windows::kEvenLayers},
    .half = {.gain_first = true},
};

}  // namespace sg::families
