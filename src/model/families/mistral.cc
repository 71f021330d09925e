// Mistral 7B and Nemo: LLaMA's graph with a sliding window on every layer.
// Facts: transformers models/mistral; GGUF files of Mistral say "llama" and carry no window.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaMlp);

constexpr auto kConfig = join(
    kLlamaWidths, fields({
                      {Field::kKvHeads, "num_key_value_heads", "", value_of(8), same_as(Field::kHeads)},
                      {Field::kHeadDim, "head_dim", "", derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)},
                      max_position(131072),
                      rms_eps(1e-6),
                      activation("hidden_act", Act::kSilu),
                      tied(false),
                      {Field::kWindow, "sliding_window", "", value_of(4096), value_of(0)},
                      rope_theta(10000),
                  }));

constexpr auto kDefaults = class_defaults(32, 4096, 32, 14336, 32000);

}  // namespace

extern const Family kMistral;  // external linkage: the generated list refers to it
constinit const Family kMistral = {
    .name = "mistral",
    .model_types = "mistral",
    .gguf_arch = "",
    .summary = "Mistral 7B v0.1-v0.3, Mistral Nemo",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .position = {.pairing = kHalvesBoth},
    .attention = {.windows = Windows::kAllLayers},
};

}  // namespace sg::families
