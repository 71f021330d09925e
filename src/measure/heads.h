// Heads: what each head of attention adds to the stream and where it looks, from the same pass as a measurement
// (docs/measures.md, "Heads").
#pragma once

#include <optional>
#include <vector>

#include "measure/measure.h"

namespace sg {

/// One layer of one prompt; layers whose mixer is no attention have none. Tables are (heads x tokens).
struct LayerHeads {
  std::size_t layer = 0;
  LayerTable contribution;      // norm of what the head adds to attn_out
  LayerTable first_token_mass;  // probability that it gives the first token
  LayerTable massive_mass;      // to the tokens with a massive activation in the stream that the layer reads, together
  LayerTable entropy;           // of its probabilities, in nats
};

struct SequenceHeads {
  std::vector<LayerHeads> layers;
  /// max over layers and tokens of |attn_out - sum of the heads' vectors and the bias| / |attn_out|; absent when a row
  /// is not finite.
  std::optional<double> sum_error;
};

struct MeasuredHeads {
  Measurement measurement;           // the bits of measure()
  std::vector<SequenceHeads> heads;  // as many as its sequences
};

/// As measure(). A head's vector is W_O's columns of that head times what it read, through the norm behind the branch
/// with the statistics of the whole (which is linear then), and times the family's factor: they and the bias add up to
/// attn_out. It costs one more output projection per layer, and W_O decoded.
Result<MeasuredHeads> measure_heads(const Model& model, const Tokenizer* tokenizer, std::vector<Sequence> sequences,
                                    const MeasureOptions& options);

}  // namespace sg
