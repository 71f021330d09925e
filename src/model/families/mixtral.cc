// Mixtral: Mistral with two of eight experts.
// Facts: transformers models/mixtral; in GGUF of architecture llama, whose q and k rows are permuted.
#include "model/families/expert_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaAttention, kMixtralExperts, kRopeDivisors);

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(8),
                  same_as(Field::kHeads), same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
                  derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
         fields({
             max_position(131072),
             rms_eps(1e-5),
             activation("hidden_act", Act::kSilu),
             tied(false),
             {Field::kWindow, "sliding_window", "", value_of(0), value_of(0)},
             rope_theta(1000000),
             expert_count(value_of(8)),
             experts_used(value_of(2)),
             kSameWidth,
             kNormalised,
         }));

}  // namespace

extern const Family kMixtral;  // external linkage: the generated list refers to it
constinit const Family kMixtral = {
    .name = "mixtral",
    .model_types = "mixtral",
    .gguf_arch = "llama",
    .summary = "Mixtral 8x7B, 8x22B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .gguf_key = "expert_count",
    .unused_keys = "output_router_logits|router_aux_loss_coef|router_jitter_noise",
    .position = {.pairing = kHalvesBoth, .permuted_in_gguf = true},
    .attention = {.windows = Windows::kAllLayers},
    .experts = {.layers = ExpertLayers::kAll},
    .half = {.router = HalfRouter::kLogits},
};

}  // namespace sg::families
