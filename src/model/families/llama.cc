// LLaMA 1, 2, 3, 3.1, 3.2 and everything that shares its graph: Yi, SmolLM, TinyLlama, Vicuna.
// Facts: transformers models/llama; GGUF permutes q and k rows for adjacent-pair rotation.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kLlamaMlp,
                               kLlamaMlpBiases, kRopeDivisors);

constexpr auto kConfig = join(kLlamaWidths, kGroupedHeads,
                              fields({
                                  max_position(2048),
                                  rms_eps(1e-6),
                                  activation("hidden_act", Act::kSilu),
                                  tied(false),
                                  flag(Field::kAttnBias, "attention_bias", false),
                                  flag(Field::kMlpBias, "mlp_bias", false),
                                  rope_theta(10000),
                              }));

constexpr auto kDefaults = class_defaults(32, 4096, 32, 11008, 32000);

}  // namespace

extern const Family kLlama;  // external linkage: the generated list refers to it
constinit const Family kLlama = {
    .name = "llama",
    .model_types = "llama",
    .gguf_arch = "llama",
    .summary = "LLaMA 1-3.2, Yi, SmolLM, TinyLlama, Vicuna",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .position = {.pairing = kHalvesBoth, .permuted_in_gguf = true},
};

}  // namespace sg::families
