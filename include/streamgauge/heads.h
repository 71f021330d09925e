// Heads of attention of one prompt, where a measurement was asked for them (docs/measures.md, "Heads").
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace streamgauge {

/// Every table is (layers.size() x heads x tokens), row by row.
struct HeadTables {
  std::vector<std::size_t> layers;  // those whose mixer is attention
  std::size_t heads = 0, tokens = 0;
  std::vector<double> contribution;        // norm of what the head adds to attn_out
  std::vector<double> first_token_mass;    // probability that it gives the first token
  std::vector<double> massive_token_mass;  // to the tokens with a massive activation in what the layer reads, together
  std::vector<double> entropy;             // of its probabilities, in nats
  std::optional<double> sum_max_relative_error;  // of attn_out less the heads' vectors and the bias
};

}  // namespace streamgauge
