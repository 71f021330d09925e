// Granite 3 dense: LLaMA's graph with four scalar multipliers.
// Facts: transformers models/granite; GGUF permutes q and k.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kLlamaMlp,
                               kLlamaMlpBiases, kRopeDivisors);

constexpr auto kConfig = join(kLlamaWidths, kGroupedHeads, kGraniteRows,
                              fields({
                                  flag(Field::kMlpBias, "mlp_bias", false),
                                  {Field::kUseRope, "", "rope.scaling.finetuned", value_of(1)},
                              }));

constexpr auto kDefaults = class_defaults(32, 4096, 32, 11008, 32000);

}  // namespace

extern const Family kGranite;  // external linkage: the generated list refers to it
constinit const Family kGranite = {
    .name = "granite",
    .model_types = "granite",
    .gguf_arch = "granite",
    .summary = "Granite 3.x dense",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .embed = {.scale = EmbedScale::kFromConfig},
    .position = {.pairing = kHalvesBoth, .permuted_in_gguf = true},
    .attention = {.scale = ScoreScale::kFromConfig},
};

}  // namespace sg::families
