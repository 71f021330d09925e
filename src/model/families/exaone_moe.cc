// K-EXAONE: windowed layers rotate, full ones do not; sigmoid routing with a correction and a shared expert.
// Facts: transformers models/exaone_moe.
#include "model/families/expert_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(kLlamaEnds, kInputNorms, kLlamaAttention, kHeadNorms, kRopeDivisors, on(On::kDenseMlp, kLlamaMlp),
         kExpertTensors, kSharedExperts,
         on(On::kExperts,
            tensors({
                {Role::kRouterCorrection,
                 "model.layers.{}.mlp.e_score_correction_bias|model.layers.{}.mlp.gate.e_score_correction_bias",
                 "blk.{}.exp_probs_b.bias"},
            })));

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(32),
                  same_as(Field::kHeads), same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
                  derived(From::kWidthOverHeads), derived(From::kWidthOverHeads)}}),
         fields({
             max_position(2048),
             rms_eps(1e-5),
             activation("hidden_act", Act::kSilu),
             tied(false),
             {Field::kWindow, "sliding_window", "attention.sliding_window", value_of(4096), value_of(0), value_of(0)},
             {Field::kWindowPattern, "sliding_window_pattern", "", value_of(4), value_of(4)},
             rope_theta(10000),
             expert_count(value_of(64)),
             experts_used(value_of(8)),
             {Field::kExpertWidth, "moe_intermediate_size", "expert_feed_forward_length", value_of(1024), kRequired,
              kRequired},
             {Field::kSharedExperts, "num_shared_experts", "expert_shared_count", value_of(1)},
             {Field::kNormTopk, "norm_topk_prob", "expert_weights_norm", value_of(1)},
             scaled(2.5),
             groups(1),
             groups_used(1),
             {Field::kDenseLayers, "first_k_dense_replace", "", value_of(1)},
         }));

}  // namespace

extern const Family kExaoneMoe;  // external linkage: the generated list refers to it
constinit const Family kExaoneMoe = {
    .name = "exaone_moe",
    .model_types = "exaone_moe",
    .gguf_arch = "exaone-moe",
    .summary = "K-EXAONE 236B-A23B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = shared_by_count,
    .unused_keys = "output_router_logits|num_nextn_predict_layers",
    .position = {.pairing = kHalvesBoth, .nope = Nope::kFullBesideWindowed},
    .attention = {.qk_norm = QkNorm::kPerHead, .windows = Windows::kAllButEveryNth},
    .experts = {.layers = ExpertLayers::kListed, .score = RouterScore::kSigmoid, .sum_eps = 1e-20},
    .half = {.router = HalfRouter::kNothing},
};

}  // namespace sg::families
