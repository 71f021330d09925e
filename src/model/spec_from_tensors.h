// What the stored tensors decide of an architecture, after binding.
#pragma once

#include "model/bind.h"

namespace sg {

/// Completes `spec`: rotary frequencies and xIELU scalars that stand in tensors, the precision of the embedding's
/// scale, whether a parallel block has one norm. Errors: xIELU without its scalars.
Result<void> complete_from_tensors(const Bindings& bindings, const Checkpoint& checkpoint, Spec& spec);

}  // namespace sg
