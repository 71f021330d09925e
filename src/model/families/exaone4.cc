// EXAONE 4: norms only after the branches and over each head; beside windows, only windowed layers rotate.
// Facts: transformers models/exaone4.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kLlamaAttention, kHeadNorms, kBranchNorms, kLlamaMlp, kRopeDivisors);

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(32),
                  same_as(Field::kHeads), same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
                  derived(From::kWidthOverHeads)}}),
         fields({
             max_position(2048),
             rms_eps(1e-5),
             activation("hidden_act", Act::kSilu),
             tied(false),
             {Field::kWindow, "sliding_window", "attention.sliding_window", value_of(4096), value_of(0), value_of(0)},
             {Field::kWindowPattern, "sliding_window_pattern", "", value_of(4), value_of(4)},
             rope_theta(10000),
         }));

}  // namespace

extern const Family kExaone4;  // external linkage: the generated list refers to it
constinit const Family kExaone4 = {
    .name = "exaone4",
    .model_types = "exaone4",
    .gguf_arch = "exaone4",
    .summary = "EXAONE 4.0 1.2B, 32B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .block = {.norm_at = NormAt::kOutput},
    .position = {.pairing = kHalvesBoth, .nope = Nope::kFullBesideWindowed},
    .attention = {.qk_norm = QkNorm::kPerHead, .windows = Windows::kAllButEveryNth},
};

}  // namespace sg::families
