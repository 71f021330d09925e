// Routing: which experts the tokens of a batch go to, and with what weight.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/span2d.h"
#include "model/spec.h"

namespace sg {

/// One layer's routing of one batch. Rows are tokens; per token `chosen` experts, the best first.
struct Routing {
  std::size_t experts = 0, chosen = 0;
  std::vector<std::uint32_t> expert;          // (rows x chosen)
  std::vector<float> weight;                  // likewise: what the expert's output, or its input, is multiplied by
  std::vector<std::optional<double>> margin;  // per token: the last chosen score above the best one left out; absent
                                              // when none could be left out
  std::vector<double> entropy;                // per token: of the scores divided by their sum, in nats
  // What the expert adds to its branch of the block, the router's weight and the family's factor of the branch in it, a
  // norm that stands behind the branch not: (rows x chosen) its norm, its largest value with its sign, that one's
  // channel.
  std::vector<double> contribution, peak;
  std::vector<std::uint32_t> peak_channel;
  std::vector<double> shared;  // per token: norm of what the shared expert adds; empty without one
};

/// Chooses by one row of router logits (experts) and weighs what was chosen; all in double. `correction` (experts) or
/// null. Scores that are no numbers come last. Fills row `row` of `out`, whose vectors have their sizes.
void route_row(const RouterSpec& router, const float* logits, const float* correction, std::size_t row, Routing& out);

}  // namespace sg
