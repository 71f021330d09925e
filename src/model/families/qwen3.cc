// Qwen3 dense models: norms on q and k, no biases unless stated.
// Facts: transformers models/qwen3.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kHeadNorms, kLlamaMlp);

constexpr auto kConfig = join(kLlamaWidths, fields({
                                                {Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv",
                                                 value_of(32), same_as(Field::kHeads), same_as(Field::kHeads)},
                                                {Field::kHeadDim, "head_dim", "attention.key_length", value_of(128),
                                                 derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)},
                                                max_position(32768),
                                                rms_eps(1e-6),
                                                activation("hidden_act", Act::kSilu),
                                                tied(false),
                                                flag(Field::kAttnBias, "attention_bias", false),
                                                flag(Field::kUseWindow, "use_sliding_window", false),
                                                {Field::kWindow, "sliding_window", "", value_of(4096), value_of(0)},
                                                {Field::kWindowFromLayer, "max_window_layers", "", value_of(28)},
                                                rope_theta(10000),
                                            }));

constexpr auto kDefaults = class_defaults(32, 4096, 32, 22016, 151936);

}  // namespace

extern const Family kQwen3;  // external linkage: the generated list refers to it
constinit const Family kQwen3 = {
    .name = "qwen3",
    .model_types = "qwen3",
    .gguf_arch = "qwen3",
    .summary = "Qwen3 dense",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .position = {.pairing = kHalvesBoth},
    .attention = {.qk_norm = QkNorm::kPerHead, .windows = Windows::kFromLayer},
};

}  // namespace sg::families
