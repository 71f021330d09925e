// OLMoE: OLMo with norms over the whole q and k, then clipping, and experts.
// Facts: transformers models/olmoe; llama.cpp never normalises the weights.
#include "model/families/expert_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kHeadNorms, kExpertTensors);

constexpr auto kConfig = join(kLlamaWidths, kGroupedHeads,
                              fields({
                                  max_position(4096),
                                  rms_eps(1e-5),
                                  activation("hidden_act", Act::kSilu),
                                  tied(false),
                                  flag(Field::kAttnBias, "attention_bias", false),
                                  {Field::kClipQkv, "clip_qkv", "attention.clamp_kqv", value_of(0), value_of(0)},
                                  rope_theta(10000),
                                  expert_count(value_of(64)),
                                  experts_used(value_of(8)),
                                  kSameWidth,
                                  {Field::kNormTopk, "norm_topk_prob", "", value_of(0), kRequired, value_of(0)},
                              }));

}  // namespace

extern const Family kOlmoe;  // external linkage: the generated list refers to it
constinit const Family kOlmoe = {
    .name = "olmoe",
    .model_types = "olmoe",
    .gguf_arch = "olmoe",
    .summary = "OLMoE 1B-7B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .unused_keys = kUnusedByExperts,
    .position = {.pairing = kHalvesBoth},
    .attention = {.qk_norm = QkNorm::kWhole, .clip_normed = true},
    .experts = {.layers = ExpertLayers::kAll},
};

}  // namespace sg::families
