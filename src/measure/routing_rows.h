// Rows of routing, and what follows from them: the load of experts over all prompts, and the experts that form massive
// activations ("super experts", Su et al. 2025, arXiv:2507.23279).
#pragma once

#include <optional>
#include <vector>

#include "forward/routing.h"
#include "measure/row.h"

namespace sg {

/// One layer's routing of the rows first, first + 1, ... of a batch: those of one prompt.
RoutingRow routing_row(std::size_t layer, const Routing& routing, std::size_t first, std::size_t tokens);

/// By layer, those that have experts; none for a model without.
std::vector<ExpertLoad> expert_loads(const Measurement& measurement);

/// The massive activation of one prompt while it is formed: token and channel of resid_post's largest value, and the
/// first layer where that value is massive and at least half of the largest that it becomes.
struct Formation {
  std::size_t layer = 0, token = 0, channel = 0;
  double value = 0;  // there
};
/// Absent when no layer of the prompt has a massive activation.
std::optional<Formation> formation(const SequenceMeasurement& sequence);

/// What one chosen expert adds to one channel of one token.
struct Carrier {
  std::size_t layer = 0, expert = 0;
  double added = 0;
  double share = 0;  // of the value that is carried
};
/// The experts up to the layer `at.layer` whose largest value at that token lies in that channel, with the value's
/// sign; the largest first.
std::vector<Carrier> carriers(const SequenceMeasurement& sequence, const Formation& at);

/// By layer, then expert. As the paper has it: the expert's largest output is above 99.5 % of all experts' and above a
/// tenth of the largest of all, and its layer is one of those that form a massive activation, which are the layers up
/// to the prompt's formation. The paper takes the output before the router's weight, and so does this.
std::vector<SuperExpert> super_experts(const Measurement& measurement);

}  // namespace sg
