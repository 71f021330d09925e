// Qwen1.5 and Qwen2 with experts, one of them for every token and weighed by a gate of its own.
// Facts: transformers models/qwen2_moe; llama.cpp never normalises the weights.
#include "model/families/expert_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, on(On::kDenseMlp, kLlamaMlp),
                               kExpertTensors, kWeighedShared);

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(16),
                  same_as(Field::kHeads), same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
                  derived(From::kWidthOverHeads)}}),
         fields({
             max_position(32768),
             rms_eps(1e-6),
             activation("hidden_act", Act::kSilu),
             tied(false),
             flag(Field::kAttnBias, "qkv_bias", true),
             flag(Field::kUseWindow, "use_sliding_window", false),
             {Field::kWindow, "sliding_window", "", value_of(0), value_of(0), value_of(0), true},
             {Field::kWindowFromLayer, "max_window_layers", "", value_of(28)},
             rope_theta(10000),
             expert_count(value_of(60)),
             experts_used(value_of(4)),
             {Field::kExpertWidth, "moe_intermediate_size", "expert_feed_forward_length", value_of(1408), kRequired,
              kRequired},
             {Field::kSharedWidth, "shared_expert_intermediate_size", "expert_shared_feed_forward_length",
              value_of(5632), kRequired, same_as(Field::kFfnWidth)},
             {Field::kNormTopk, "norm_topk_prob", "", value_of(0), kRequired, value_of(0)},
             {Field::kSparseStep, "decoder_sparse_step", "", value_of(1)},
         }));

}  // namespace

extern const Family kQwen2Moe;  // external linkage: the generated list refers to it
constinit const Family kQwen2Moe = {
    .name = "qwen2_moe",
    .model_types = "qwen2_moe",
    .gguf_arch = "qwen2moe",
    .summary = "Qwen1.5-MoE-A2.7B, Qwen2-57B-A14B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = shared_by_width,
    .unused_keys = kUnusedByExperts,
    .position = {.pairing = kHalvesBoth},
    .attention = {.windows = Windows::kEvenBefore},
    .experts = {.layers = ExpertLayers::kStepped},
};

}  // namespace sg::families
