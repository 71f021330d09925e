// Gemma 1: gains stored minus one, embedding times sqrt(d_model), GeGLU.
// Facts: transformers models/gemma; "gelu" in old files means the tanh form there. GGUF adds the one to the gains.
#include "model/config.h"
#include "model/families/rows.h"
#include "model/fields.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaMlp);

constexpr auto kConfig = join(kLlamaWidths, fields({
                                                {Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv",
                                                 value_of(16), kRequired, same_as(Field::kHeads)},
                                                {Field::kHeadDim, "head_dim", "attention.key_length", value_of(256)},
                                                max_position(8192),
                                                rms_eps(1e-6),
                                                activation("hidden_act", Act::kGeluTanh),
                                                tied(true),
                                                flag(Field::kBidirectional, "use_bidirectional_attention", false),
                                                rope_theta(10000),
                                            }));

constexpr auto kDefaults = class_defaults(28, 3072, 16, 24576, 256000);

Result<void> gelu_is_tanh(const Config& config, Fields& fields) {
  SG_TRY(const std::optional<std::string> word, config.word("hidden_act"));
  if (config.format() == Format::kSafetensors && word == "gelu") fields.set_act(Act::kGeluTanh);
  return {};
}

}  // namespace

extern const Family kGemma;  // external linkage: the generated list refers to it
constinit const Family kGemma = {
    .name = "gemma",
    .model_types = "gemma",
    .gguf_arch = "gemma",
    .summary = "Gemma 2B, 7B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .variant = gelu_is_tanh,
    .unused_keys = "hidden_activation",
    .embed = {.scale = EmbedScale::kSqrtWidth},
    .norm = {.gain_offset = {.hf = 1.0f, .gguf = 0.0f}},
    .position = {.pairing = kHalvesBoth},
    .half = {.gain_first = true},
};

}  // namespace sg::families
