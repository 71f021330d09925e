// Mamba 2: a block is a norm and a mixer, and adds once.
// Facts: transformers models/mamba2, whose gated norm is by groups from version 5 on.
#include <cmath>

#include "model/families/mixer_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kBackbone, kMamba2Of<"backbone.layers.{}.mixer.">);

constexpr auto kConfig = join(
    kMixersAlone, fields({
                      {Field::kMixState, "state_size", "ssm.state_size", value_of(128)},
                      {Field::kMixGroups, "n_groups", "ssm.group_count", value_of(8)},
                      {Field::kMixHeads, "num_heads", "ssm.time_step_rank", value_of(128)},
                      {Field::kMixHeadDim, "head_dim", "", value_of(64), kRequired, by_rule([](const Fields& f) {
                         return std::floor(f.real(Field::kMixExpand, 2) * static_cast<double>(f.count(Field::kWidth)) /
                                           static_cast<double>(f.count(Field::kMixHeads)));
                       })},
                      tied(false),
                  }));

}  // namespace

extern const Family kMamba2;  // external linkage: the generated list refers to it
constinit const Family kMamba2 = {
    .name = "mamba2",
    .model_types = "mamba2",
    .gguf_arch = "mamba2",
    .summary = "Mamba 2 130M-2.7B, Codestral Mamba 7B",
    .base_prefix = "backbone.",
    .tensors = kTensors,
    .config = kConfig,
    .unused_keys = "chunk_size|rescale_prenorm_residual|residual_in_fp32|time_step_floor|time_step_max",
    .block = {.order = Order::kSingle},
    .mixer = {.kind = Mixer::kMamba2, .layers = MixerLayers::kNowhere},
};

}  // namespace sg::families
