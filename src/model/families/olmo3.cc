// OLMo 3: OLMo 2 with windows; scaled positions only in the layers without one.
// Facts: transformers models/olmo3; a GGUF file is of architecture olmo2, and its window tells.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kHeadNorms, kBranchNorms, kLlamaMlp);

constexpr auto kConfig = join(
    kLlamaWidths, kGroupedHeads,
    fields({
        max_position(2048),
        rms_eps(1e-5),
        activation("hidden_act", Act::kSilu),
        tied(false),
        flag(Field::kAttnBias, "attention_bias", false),
        {Field::kWindow, "sliding_window", "attention.sliding_window", value_of(4096), value_of(0), value_of(0)},
        {Field::kWindowPattern, "", "", value_of(4), value_of(4)},
        rope_theta(500000),
        // transformers gives rope_theta to the layers without a window alone.
        {Field::kRopeLocalTheta, "", "rope.freq_base_swa", value_of(500000), kRequired, same_as(Field::kRopeTheta)},
    }));

}  // namespace

extern const Family kOlmo3;  // external linkage: the generated list refers to it
constinit const Family kOlmo3 = {
    .name = "olmo3",
    .model_types = "olmo3",
    .gguf_arch = "olmo2",
    .summary = "OLMo 3 7B, 32B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .gguf_key = "attention.sliding_window",
    .block = {.norm_at = NormAt::kOutput},
    .position = {.pairing = kHalvesBoth, .kinds = RopeKinds::kDefaulted},
    .attention = {.qk_norm = QkNorm::kWhole, .windows = Windows::kAllButEveryNth},
    .half = {.gain_first = true, .rotation = HalfRotation::kOnce},
};

}  // namespace sg::families
