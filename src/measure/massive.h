// Massive activations: one value of one token that decides norms of a whole site (Sun et al. 2024, arXiv:2402.17762).
#pragma once

#include <vector>

#include "measure/row.h"

namespace sg {

/// Magnitude above kMassiveSize and more than kMassiveMultiple times the median of its layer.
bool is_massive(const Massive& massive);

/// The massive activation of one layer's resid_post in one sequence; points into the measurement.
struct FoundMassive {
  const SequenceMeasurement* sequence;
  Massive massive;
  double share;  // of the Frobenius norm of the site
};

/// Of every sequence that has one, all at one layer: the earlier site of the block before the last, because the
/// published gains divide there; without any there, the layer where the ratio is largest. Sequences of one token have
/// none.
std::vector<FoundMassive> massive_activations(const Measurement& measurement);

}  // namespace sg
