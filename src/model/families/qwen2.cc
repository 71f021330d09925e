// Qwen2 and Qwen2.5: LLaMA's graph with biases on q, k and v.
// Facts: transformers models/qwen2; the window holds only with use_sliding_window, from max_window_layers on.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kInputNorms, kLlamaAttention,
         tensors({
             {Role::kQBias, "model.layers.{}.self_attn.q_proj.bias", "blk.{}.attn_q.bias", Need::kUnlessFused},
             {Role::kKBias, "model.layers.{}.self_attn.k_proj.bias", "blk.{}.attn_k.bias", Need::kUnlessFused},
             {Role::kVBias, "model.layers.{}.self_attn.v_proj.bias", "blk.{}.attn_v.bias", Need::kUnlessFused},
         }),
         kLlamaMlp);

constexpr auto kConfig = join(kLlamaWidths, fields({
                                                {Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv",
                                                 value_of(32), same_as(Field::kHeads), same_as(Field::kHeads)},
                                                {Field::kHeadDim, "head_dim", "attention.key_length",
                                                 derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)},
                                                max_position(32768),
                                                rms_eps(1e-6),
                                                activation("hidden_act", Act::kSilu),
                                                tied(false),
                                                flag(Field::kUseWindow, "use_sliding_window", false),
                                                {Field::kWindow, "sliding_window", "", value_of(4096), value_of(0)},
                                                {Field::kWindowFromLayer, "max_window_layers", "", value_of(28)},
                                                rope_theta(10000),
                                            }));

constexpr auto kDefaults = class_defaults(32, 4096, 32, 22016, 151936);

}  // namespace

extern const Family kQwen2;  // external linkage: the generated list refers to it
constinit const Family kQwen2 = {
    .name = "qwen2",
    .model_types = "qwen2",
    .gguf_arch = "qwen2",
    .summary = "Qwen2, Qwen2.5",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .position = {.pairing = kHalvesBoth},
    .attention = {.windows = Windows::kFromLayer},
};

}  // namespace sg::families
