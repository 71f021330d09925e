// What `measure` shows a person.
#pragma once

#include <span>
#include <string>

#include "measure/heads.h"
#include "measure/row.h"

namespace sg {

/// One prompt: every block's norms and the output distribution. Several: a line per prompt, then pooled gains.
std::string measurement_text(const Measurement& measurement);

/// `Next token: " Paris" 77.3 %, ...; entropy 1.481 nats (as 4.4 equally likely tokens)`
std::string logit_text(const LogitStats& stats);

/// A line per layer and position; empty when no lens was asked for.
std::string lens_text(const Measurement& measurement);

/// A line per value over the threshold, or a sentence that there is none.
std::string massive_list_text(const Measurement& measurement);

/// Empty when none was asked for.
std::string targets_text(const Measurement& measurement);

/// Over all prompts; empty for a model without experts.
std::string routing_text(const Measurement& measurement);

/// Of the last token of every prompt; empty without heads.
std::string heads_text(const Measurement& measurement, std::span<const SequenceHeads> heads);

/// `Token 0 ("The") carries 99.9 % of the Frobenius norm at resid_post[27]: a massive activation (channel 507 is ...)`;
/// for several prompts a summary. Empty when there is none.
std::string massive_text(const Measurement& measurement);

}  // namespace sg
