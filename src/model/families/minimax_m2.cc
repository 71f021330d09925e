// MiniMax-M2: norms over the whole q and k, sigmoid routing with a correction.
// Facts: transformers models/minimax_m2.
#include <cmath>

#include "model/config.h"
#include "model/families/expert_rows.h"
#include "model/fields.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kInputNorms, kLlamaAttention, kHeadNorms, kMixtralExperts,
         on(On::kExperts, tensors({
                              {Role::kRouterCorrection, "model.layers.{}.block_sparse_moe.e_score_correction_bias",
                               "blk.{}.exp_probs_b.bias"},
                          })));

constexpr auto kConfig = join(kLlamaWidths,
                              fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(8),
                                       same_as(Field::kHeads), same_as(Field::kHeads)},
                                      {Field::kHeadDim, "head_dim", "attention.key_length", value_of(128),
                                       derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
                              fields({
                                  max_position(196608),
                                  rms_eps(1e-6),
                                  activation("hidden_act", Act::kSilu),
                                  tied(false),
                                  {Field::kRotaryPct, kPartialRotary, "", value_of(1), kRequired, value_of(1)},
                                  {Field::kRotaryDim, "rotary_dim", "", derived(From::kRotaryShare)},
                                  rope_theta(5000000),
                                  expert_count(value_of(256)),
                                  experts_used(value_of(8)),
                                  kSameWidth,
                                  kNormalised,
                              }));

/// The released files state the rotated channels; a share of the head that stands beside them holds.
Result<void> share_before_channels(const Config& config, Fields& fields) {
  if (config.format() == Format::kGguf) return {};
  SG_TRY(const std::optional<double> share, config.real(kPartialRotary));
  if (!share) return {};
  const double channels = static_cast<double>(fields.count(Field::kHeadDim)) * fields.real(Field::kRotaryPct, 1);
  fields.set_count(Field::kRotaryDim, whole(std::floor(channels)).value_or(0));
  return {};
}

}  // namespace

extern const Family kMinimaxM2;  // external linkage: the generated list refers to it
constinit const Family kMinimaxM2 = {
    .name = "minimax_m2",
    .model_types = "minimax_m2",
    .gguf_arch = "minimax-m2",
    .summary = "MiniMax-M2 as GGUF or BF16",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .variant = share_before_channels,
    .unused_keys = "output_router_logits|router_aux_loss_coef|router_jitter_noise",
    .position = {.pairing = kHalvesBoth},
    .attention = {.qk_norm = QkNorm::kWhole},
    .experts = {.layers = ExpertLayers::kAll, .score = RouterScore::kSigmoid},
    .half = {.router = HalfRouter::kLogits},
};

}  // namespace sg::families
