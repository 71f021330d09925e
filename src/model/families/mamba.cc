// Mamba: a block is a norm and a mixer, and adds once.
// Facts: transformers models/mamba. Files of the authors' own code, which have no model_type, are other files.
#include "model/families/mixer_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kBackbone, kMambaOf<"backbone.layers.{}.mixer.">);

constexpr auto kConfig = join(
    kMixersAlone, fields({
                      {Field::kMixState, "state_size", "ssm.state_size", value_of(16)},
                      {Field::kMixInner, "intermediate_size", "ssm.inner_size", by_rule(expanded), by_rule(expanded)},
                      tied(true),
                  }));

}  // namespace

extern const Family kMamba;  // external linkage: the generated list refers to it
constinit const Family kMamba = {
    .name = "mamba",
    .model_types = "mamba",
    .gguf_arch = "mamba",
    .summary = "Mamba 130M-2.8B",
    .base_prefix = "backbone.",
    .tensors = kTensors,
    .config = kConfig,
    .unused_keys =
        "rescale_prenorm_residual|residual_in_fp32|time_step_floor|time_step_init_scheme|time_step_max|time_step_scale|"
        "use_associative_scan|use_mambapy",
    .block = {.order = Order::kSingle},
    .mixer = {.kind = Mixer::kMamba, .layers = MixerLayers::kNowhere},
};

}  // namespace sg::families
