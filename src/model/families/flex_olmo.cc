// FlexOlmo: OLMo 2 with experts.
// Facts: transformers models/flex_olmo.
#include "model/families/expert_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kHeadNorms, kBranchNorms, kExpertTensors);

constexpr auto kConfig = join(kLlamaWidths, kGroupedHeads,
                              fields({
                                  max_position(4096),
                                  rms_eps(1e-6),
                                  activation("hidden_act", Act::kSilu),
                                  tied(false),
                                  flag(Field::kAttnBias, "attention_bias", false),
                                  rope_theta(500000),
                                  expert_count(value_of(7)),
                                  experts_used(value_of(5)),
                                  kSameWidth,
                                  {Field::kNormTopk, "norm_topk_prob", "", value_of(0)},
                              }));

}  // namespace

extern const Family kFlexOlmo;  // external linkage: the generated list refers to it
constinit const Family kFlexOlmo = {
    .name = "flex_olmo",
    .model_types = "flex_olmo",
    .gguf_arch = "",
    .summary = "FlexOlmo 7x7B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .unused_keys = kUnusedByExperts,
    .block = {.norm_at = NormAt::kOutput},
    .position = {.pairing = kHalvesBoth},
    .attention = {.qk_norm = QkNorm::kWhole},
    .experts = {.layers = ExpertLayers::kAll},
    .half = {.gain_first = true, .rotation = HalfRotation::kOnce},
};

}  // namespace sg::families
