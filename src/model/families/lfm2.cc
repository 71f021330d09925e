// LFM2: gated short convolutions, and attention in some layers.
// Facts: transformers models/lfm2; GGUF states the adjusted width.
#include <cmath>

#include "model/families/lfm_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLfmEnds, kLfmAttention, kLfmConv);

constexpr auto kConfig =
    join(fields({
             {Field::kLayers, "num_hidden_layers", "block_count"},
             {Field::kWidth, "hidden_size", "embedding_length"},
             {Field::kHeads, "num_attention_heads", "attention.head_count"},
             {Field::kFfnWidth, "block_ff_dim|intermediate_size", "feed_forward_length"},
             {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
             {Field::kFfnAdjusted, "block_auto_adjust_ff_dim", "", value_of(1), value_of(0), value_of(0)},
             {Field::kFfnMultiplier, "block_ffn_dim_multiplier", "", value_of(1), value_of(1)},
             {Field::kFfnMultiple, "block_multiple_of", "", value_of(256)},
         }),
         fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(8),
                  same_as(Field::kHeads), same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
                  derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
         kLfmFields);

/// Two thirds of the stated width, stretched, and rounded up to a multiple.
void rules(Fields& fields) {
  if (!fields.flag(Field::kFfnAdjusted)) return;
  const auto thirds = static_cast<double>(2 * fields.count(Field::kFfnWidth) / 3);
  const std::size_t wide = whole(std::floor(fields.real(Field::kFfnMultiplier, 1) * thirds)).value_or(1);
  const std::size_t multiple = fields.count(Field::kFfnMultiple);
  fields.set_count(Field::kFfnWidth, multiple * ((wide + multiple - 1) / multiple));
}

}  // namespace

extern const Family kLfm2;  // external linkage: the generated list refers to it
constinit const Family kLfm2 = {
    .name = "lfm2",
    .model_types = "lfm2",
    .gguf_arch = "lfm2",
    .summary = "LFM2 350M-2.6B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = rules,
    .position = {.pairing = kHalvesBoth},
    .attention = {.qk_norm = QkNorm::kPerHead},
    .mixer = {.kind = Mixer::kShortConv, .layers = MixerLayers::kIndexed},
};

}  // namespace sg::families
