// Qwen3 with experts.
// Facts: transformers models/qwen3_moe; llama.cpp always normalises the weights.
#include "model/families/expert_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kHeadNorms,
                               on(On::kDenseMlp, kLlamaMlp), kExpertTensors);

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(4),
                  same_as(Field::kHeads), same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
                  derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
         fields({
             max_position(32768),
             rms_eps(1e-6),
             activation("hidden_act", Act::kSilu),
             tied(false),
             flag(Field::kAttnBias, "attention_bias", false),
             flag(Field::kUseWindow, "use_sliding_window", false),
             {Field::kWindow, "sliding_window", "", value_of(0), value_of(0)},
             rope_theta(10000),
             expert_count(value_of(128)),
             experts_used(value_of(8)),
             {Field::kExpertWidth, "moe_intermediate_size", "expert_feed_forward_length", value_of(768), kRequired,
              kRequired},
             {Field::kNormTopk, "norm_topk_prob", "", value_of(0), kRequired, value_of(1)},
             {Field::kSparseStep, "decoder_sparse_step", "", value_of(1)},
         }));

/// The window is for every layer, or for none.
void rules(Fields& fields) {
  if (!fields.flag(Field::kUseWindow)) fields.set_count(Field::kWindow, 0);
}

}  // namespace

extern const Family kQwen3Moe;  // external linkage: the generated list refers to it
constinit const Family kQwen3Moe = {
    .name = "qwen3_moe",
    .model_types = "qwen3_moe",
    .gguf_arch = "qwen3moe",
    .summary = "Qwen3 30B-A3B, 235B-A22B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = rules,
    .unused_keys = "output_router_logits|router_aux_loss_coef|max_window_layers",
    .position = {.pairing = kHalvesBoth},
    .attention = {.qk_norm = QkNorm::kPerHead, .windows = Windows::kAllLayers},
    .experts = {.layers = ExpertLayers::kStepped},
};

}  // namespace sg::families
