// Ministral 2410: Mistral whose layers may differ in their window.
// Facts: transformers models/ministral.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaMlp);

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({{Field::kKvHeads, "num_key_value_heads", "", value_of(8), same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "", derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
         fields({
             max_position(131072),
             rms_eps(1e-6),
             activation("hidden_act", Act::kSilu),
             tied(false),
             {Field::kWindow, "sliding_window", "", value_of(4096), value_of(0)},
             rope_theta(10000),
         }));

}  // namespace

extern const Family kMinistral;  // external linkage: the generated list refers to it
constinit const Family kMinistral = {
    .name = "ministral",
    .model_types = "ministral",
    .gguf_arch = "",
    .summary = "Ministral 8B of 2024",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .position = {.pairing = kHalvesBoth},
    .attention = {.windows = Windows::kAllLayers},
};

}  // namespace sg::families
