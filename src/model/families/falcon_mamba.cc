// Falcon-Mamba: Mamba whose step, input and output are normed without gains.
// Facts: transformers models/falcon_mamba; llama.cpp has it as mamba with ssm.dt_b_c_rms.
#include "model/families/mixer_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kBackbone, kMambaOf<"backbone.layers.{}.mixer.">);

constexpr auto kConfig = join(
    kMixersAlone, fields({
                      {Field::kMixState, "state_size", "ssm.state_size", value_of(16)},
                      {Field::kMixInner, "intermediate_size", "ssm.inner_size", by_rule(expanded), by_rule(expanded)},
                      {Field::kMixInnerEps, "mixer_rms_eps", "", value_of(1e-6)},
                      tied(true),
                  }));

}  // namespace

extern const Family kFalconMamba;  // external linkage: the generated list refers to it
constinit const Family kFalconMamba = {
    .name = "falcon_mamba",
    .model_types = "falcon_mamba",
    .gguf_arch = "mamba",
    .summary = "Falcon-Mamba 7B",
    .base_prefix = "backbone.",
    .tensors = kTensors,
    .config = kConfig,
    .gguf_key = "ssm.dt_b_c_rms",
    .unused_keys =
        "rescale_prenorm_residual|residual_in_fp32|time_step_floor|time_step_init_scheme|time_step_max|time_step_scale|"
        "use_associative_scan|use_mambapy",
    .block = {.order = Order::kSingle},
    .mixer = {.kind = Mixer::kMamba, .layers = MixerLayers::kNowhere, .inner_norms = true},
};

}  // namespace sg::families
