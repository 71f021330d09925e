// HeadTap: a tap that also sees attention head by head. Most do not, and pay nothing for it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "forward/tap.h"
#include "model/weights.h"

namespace sg {

/// What the heads of one layer did with one batch. (rows x heads) each; a probability that a family gives to a sink
/// that is no key is in none of them, so that a row's probabilities may add up to less than 1.
struct Attended {
  std::size_t layer = 0, heads = 0;
  std::vector<double> first_mass;     // probability of the sequence's first key
  std::vector<double> marked_mass;    // of the keys that the tap marked, together
  std::vector<double> entropy;        // of the probabilities of the keys, in nats
  ConstMatrixView context;            // (rows x heads * value width): what each head read, its gate in it
  const Linear* output = nullptr;     // W_O and its bias
  const NormWeights* norm = nullptr;  // that stands behind the branch, where the family has one there
};

class HeadTap : public Tap {
 public:
  /// One per row of the batch: whether its key is marked in the layer that comes next; empty: none is.
  virtual std::span<const char> marked_keys() const = 0;
  /// After the layer's attention, before its attn_out; the views stay valid until that was seen. Layers with other
  /// mixers do not call it.
  virtual void attended(const Attended& heads) = 0;
};

}  // namespace sg
