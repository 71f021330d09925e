// Qwen3.5 dense: three layers of a gated delta rule to one of gated attention.
// Facts: transformers models/qwen3_5, text.
#include "model/families/mixer_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kDeltaNorms, kDeltaLayers, kDeltaApart, kLlamaMlp);

constexpr auto kConfig = join(kLlamaWidths, delta_rows(4));

constexpr auto kDefaults = class_defaults(32, 4096, 16, 12288, 248320);

}  // namespace

extern const Family kQwen35;  // external linkage: the generated list refers to it
constinit const Family kQwen35 = {
    .name = "qwen3_5",
    .model_types = "qwen3_5|qwen3_5_text",
    .gguf_arch = "qwen35",
    .summary = "Qwen3.5 0.8B-27B, text",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .rules = delta_rules,
    .unused_keys = "image_token_id|video_token_id|vision_config|rope.dimension_sections",
    .norm = {.gain_offset = {.hf = 1.0f, .gguf = 0.0f}},
    .position = {.pairing = kHalvesBoth},
    .attention = {.qk_norm = QkNorm::kPerHead, .gated = true},
    .mixer = {.kind = Mixer::kDelta, .tiled_in_gguf = true},
    .half = {.gain_first = true},
};

}  // namespace sg::families
