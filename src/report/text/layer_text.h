// What `measure` shows of every layer on request: the logit lens and the massive activations.
#pragma once

#include <string>

#include "measure/row.h"

namespace sg {

/// A line per layer and position; empty when no lens was asked for.
std::string lens_text(const Measurement& measurement);

/// A line per value over the threshold, or a sentence that there is none.
std::string massive_list_text(const Measurement& measurement);

}  // namespace sg
