// Helium: LLaMA rotating adjacent pairs.
// Facts: transformers models/helium.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaMlp, kLlamaMlpBiases);

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({{Field::kKvHeads, "num_key_value_heads", "", value_of(20), same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "", value_of(128), derived(From::kWidthOverHeads)}}),
         fields({
             max_position(4096),
             rms_eps(1e-8),
             activation("hidden_act", Act::kSilu),
             tied(false),
             flag(Field::kAttnBias, "attention_bias", false),
             flag(Field::kMlpBias, "mlp_bias", false),
             rope_theta(100000),
         }));

}  // namespace

extern const Family kHelium;  // external linkage: the generated list refers to it
constinit const Family kHelium = {
    .name = "helium",
    .model_types = "helium",
    .gguf_arch = "",
    .summary = "Helium 1 2B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .position = {.pairing = kAdjacentBoth},
    .half = {.gain_first = true},
};

}  // namespace sg::families
