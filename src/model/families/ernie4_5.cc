// ERNIE 4.5 dense: LLaMA rotating adjacent pairs.
// Facts: transformers models/ernie4_5.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kLlamaMlp,
                               kLlamaMlpBiases, kRopeDivisors);

constexpr auto kConfig = join(kLlamaWidths,
                              fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(2),
                                       same_as(Field::kHeads), same_as(Field::kHeads)},
                                      {Field::kHeadDim, "head_dim", "attention.key_length", value_of(128),
                                       derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
                              fields({
                                  max_position(131072),
                                  rms_eps(1e-5),
                                  activation("hidden_act", Act::kSilu),
                                  tied(true),
                                  flag(Field::kAttnBias, "use_bias", false),
                                  flag(Field::kMlpBias, "use_bias", false),
                                  rope_theta(500000),
                              }));

}  // namespace

extern const Family kErnie45;  // external linkage: the generated list refers to it
constinit const Family kErnie45 = {
    .name = "ernie4_5",
    .model_types = "ernie4_5",
    .gguf_arch = "ernie4_5",
    .summary = "ERNIE 4.5 0.3B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .position = {.pairing = kAdjacentBoth},
    .half = {.rotation = HalfRotation::kOnce},
};

}  // namespace sg::families
