// What `measure` shows of a model with experts: a line per layer, and the experts that form massive activations.
#pragma once

#include <string>

#include "measure/row.h"

namespace sg {

/// Over all prompts; empty for a model without experts.
std::string routing_text(const Measurement& measurement);

}  // namespace sg
