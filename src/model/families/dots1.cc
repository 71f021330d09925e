// dots.llm1: Qwen3 with experts routed by sigmoid, a shared one, the first layers dense.
// Facts: transformers models/dots1.
#include "model/families/expert_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kHeadNorms,
                               on(On::kDenseMlp, kLlamaMlp), kExpertTensors, kSharedExperts, kCorrection);

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(32),
                  same_as(Field::kHeads), same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
                  derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
         fields({
             max_position(2048),
             rms_eps(1e-6),
             activation("hidden_act", Act::kSilu),
             tied(false),
             flag(Field::kAttnBias, "attention_bias", false),
             {Field::kUseWindow, "", "", value_of(1)},
             {Field::kWindow, "sliding_window", "", value_of(4096), value_of(0), value_of(0)},
             {Field::kWindowFromLayer, "max_window_layers", "", value_of(62)},
             rope_theta(10000),
             expert_count(kRequired),
             experts_used(kRequired),
             {Field::kExpertWidth, "moe_intermediate_size", "expert_feed_forward_length", value_of(1408), kRequired,
              kRequired},
             {Field::kSharedExperts, "n_shared_experts", "expert_shared_count"},
             {Field::kNormTopk, "norm_topk_prob", "expert_weights_norm", value_of(0)},
             scaled(1),
             groups(1),
             groups_used(1),
             {Field::kDenseLayers, "first_k_dense_replace", "", value_of(0)},
         }));

}  // namespace

extern const Family kDots1;  // external linkage: the generated list refers to it
constinit const Family kDots1 = {
    .name = "dots1",
    .model_types = "dots1",
    .gguf_arch = "dots1",
    .summary = "dots.llm1 142B-A14B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = shared_by_count,
    .unused_keys = "output_router_logits",
    .position = {.pairing = kHalvesBoth},
    .attention = {.qk_norm = QkNorm::kPerHead, .windows = Windows::kFromLayer},
    .experts = {.layers = ExpertLayers::kAfterFirst, .score = RouterScore::kSigmoid, .sum_eps = 1e-20},
    .half = {.router = HalfRouter::kNothing},
};

}  // namespace sg::families
