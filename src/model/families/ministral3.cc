// Ministral 3, the text of Mistral 3: queries grow with the logarithm of their position.
// Facts: transformers models/ministral3.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaMlp);

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({{Field::kKvHeads, "num_key_value_heads", "", value_of(8), same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "", value_of(128), derived(From::kWidthOverHeads)}}),
         fields({
             max_position(262144),
             rms_eps(1e-5),
             activation("hidden_act", Act::kSilu),
             tied(false),
             {Field::kWindow, "sliding_window", "", value_of(0), value_of(0)},
             {Field::kTemperature, "rope_parameters.llama_4_scaling_beta|rope_scaling.llama_4_scaling_beta", "",
              value_of(0.1)},
             {Field::kTemperatureLength,
              "rope_parameters.original_max_position_embeddings|rope_scaling.original_max_position_embeddings", "",
              value_of(16384)},
             rope_theta(1000000),
         }));

constexpr auto kDefaults = class_defaults(34, 4096, 32, 14336, 131072);

}  // namespace

extern const Family kMinistral3;  // external linkage: the generated list refers to it
constinit const Family kMinistral3 = {
    .name = "ministral3",
    .model_types = "ministral3|mistral3",
    .gguf_arch = "",
    .summary = "Ministral 3 3B-14B, text",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .position = {.pairing = kHalvesBoth, .unstated = DefaultRope::kMinistral3},
    .attention = {.windows = Windows::kAllLayers},
};

}  // namespace sg::families
