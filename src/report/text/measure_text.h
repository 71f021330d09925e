// What `measure` shows a person.
#pragma once

#include <string>

#include "measure/row.h"

namespace sg {

/// One prompt: every block's norms and the output distribution. Several: a line per prompt, then pooled gains.
std::string measurement_text(const Measurement& measurement);

/// `Next token: " Paris" 77.3 %, ...; entropy 1.481 nats (as 4.4 equally likely tokens)`
std::string logit_text(const LogitStats& stats);

}  // namespace sg
