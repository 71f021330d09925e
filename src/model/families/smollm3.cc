// SmolLM3: LLaMA with every fourth layer without positions.
// Facts: transformers models/smollm3; GGUF permutes q and k, and llama.cpp has the interval as a constant.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kLlamaMlp,
                               kLlamaMlpBiases, kRopeDivisors);

constexpr auto kConfig = join(kLlamaWidths,
                              fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(4),
                                       same_as(Field::kHeads), same_as(Field::kHeads)},
                                      {Field::kHeadDim, "head_dim", "attention.key_length",
                                       derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
                              fields({
                                  max_position(32768),
                                  rms_eps(1e-6),
                                  activation("hidden_act", Act::kSilu),
                                  tied(true),
                                  flag(Field::kAttnBias, "attention_bias", false),
                                  flag(Field::kMlpBias, "mlp_bias", false),
                                  flag(Field::kUseWindow, "use_sliding_window", false),
                                  {Field::kWindow, "sliding_window", "", value_of(0), value_of(0)},
                                  {Field::kNopeInterval, "no_rope_layer_interval", "", value_of(4)},
                                  rope_theta(2000000),
                              }));

}  // namespace

extern const Family kSmollm3;  // external linkage: the generated list refers to it
constinit const Family kSmollm3 = {
    .name = "smollm3",
    .model_types = "smollm3",
    .gguf_arch = "smollm3",
    .summary = "SmolLM3 3B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .position = {.pairing = kHalvesBoth, .permuted_in_gguf = true, .nope = Nope::kListed},
    .attention = {.windows = Windows::kUnrotated},
};

}  // namespace sg::families
