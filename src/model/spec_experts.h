// The experts of a Spec: which layers have them, and the router.
#pragma once

#include "model/fields.h"
#include "model/spec.h"

namespace sg {

/// Errors: a list of layers that does not name each, more experts chosen than there are, groups that do not divide
/// them, a gating function that this version lacks.
Result<void> resolve_experts(const Family& family, const Config& config, const Fields& fields,
                             const Checkpoint& checkpoint, Spec& spec);

}  // namespace sg
