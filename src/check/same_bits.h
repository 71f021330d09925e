// Measurements compared to the last bit.
#pragma once

#include "measure/row.h"

namespace sg {

/// Norms, dots, logits, the lens and massive activations.
bool same_bits(const SequenceMeasurement& a, const SequenceMeasurement& b);
/// The same of all sequences, in their order.
bool same_bits(const Measurement& a, const Measurement& b);

}  // namespace sg
