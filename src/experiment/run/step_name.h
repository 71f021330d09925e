// The training step that a checkpoint's name says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sg {

/// The number beside the last word for steps: "step-000100", "pythia-70m-step1000", "global_step100", "checkpoint-500",
/// "iter_0001000", "epoch=1-step=1000", "run1-1000steps"; thousands as "step-50k". What may follow is a number of
/// tokens ("stage1-step1000-tokens4B", "step-50K-105b") and how the weights are stored ("-hf", "-f16", "-Q4_K_M").
/// Absent for any other name, such as one with tokens or epochs alone.
std::optional<std::int64_t> step_of_name(const std::string& name);

}  // namespace sg
