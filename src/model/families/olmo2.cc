// OLMo 2: norms only after the branches, and over the whole q and k.
// Facts: transformers models/olmo2.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kHeadNorms, kBranchNorms, kLlamaMlp);

constexpr auto kConfig = join(kLlamaWidths, kGroupedHeads,
                              fields({
                                  max_position(2048),
                                  rms_eps(1e-5),
                                  activation("hidden_act", Act::kSilu),
                                  tied(false),
                                  flag(Field::kAttnBias, "attention_bias", false),
                                  rope_theta(10000),
                              }));

constexpr auto kDefaults = class_defaults(32, 4096, 32, 11008, 50304);

}  // namespace

extern const Family kOlmo2;  // external linkage: the generated list refers to it
constinit const Family kOlmo2 = {
    .name = "olmo2",
    .model_types = "olmo2",
    .gguf_arch = "olmo2",
    .summary = "OLMo 2 1B-32B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .block = {.norm_at = NormAt::kOutput},
    .position = {.pairing = kHalvesBoth},
    .attention = {.qk_norm = QkNorm::kWhole},
    .half = {.gain_first = true, .rotation = HalfRotation::kOnce},
};

}  // namespace sg::families
