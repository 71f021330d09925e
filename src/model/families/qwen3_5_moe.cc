// Qwen3.5 with experts, one of them for every token.
// Facts: transformers models/qwen3_5_moe, text.
#include "model/families/mixer_rows.h"

namespace sg::families {
namespace {

/// Every layer has experts, and the file states no width for a layer without them.
constexpr auto kWidthsWithoutMlp = fields({
    {Field::kLayers, "num_hidden_layers", "block_count"},
    {Field::kWidth, "hidden_size", "embedding_length"},
    {Field::kHeads, "num_attention_heads", "attention.head_count"},
    {Field::kFfnWidth, "", "", value_of(1)},
    {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
});

constexpr auto kTensors = join(kLlamaEnds, kDeltaNorms, kDeltaLayers, kDeltaApart, kExpertTensors, kWeighedShared);

constexpr auto kConfig = join(kWidthsWithoutMlp, delta_rows(2), delta_experts(256),
                              fields({
                                  experts_used(value_of(8)),
                                  kNormalised,
                              }));

constexpr auto kDefaults = class_defaults(40, 2048, 16, 512, 248320);

}  // namespace

extern const Family kQwen35Moe;  // external linkage: the generated list refers to it
constinit const Family kQwen35Moe = {
    .name = "qwen3_5_moe",
    .model_types = "qwen3_5_moe|qwen3_5_moe_text",
    .gguf_arch = "qwen35moe",
    .summary = "Qwen3.5 35B-A3B, 122B-A10B, text",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .rules = delta_rules,
    .unused_keys =
        "output_router_logits|router_aux_loss_coef|image_token_id|video_token_id|vision_config|intermediate_size|"
        "rope.dimension_sections",
    .norm = {.gain_offset = {.hf = 1.0f, .gguf = 0.0f}},
    .position = {.pairing = kHalvesBoth},
    .attention = {.qk_norm = QkNorm::kPerHead, .gated = true},
    .mixer = {.kind = Mixer::kDelta, .tiled_in_gguf = true},
    .experts = {.layers = ExpertLayers::kAll},
    .half = {.gain_first = true},
};

}  // namespace sg::families
