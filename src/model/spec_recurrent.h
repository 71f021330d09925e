// The mixers of a Spec: which layers have attention, and the sizes of what the others have.
#pragma once

#include "model/fields.h"
#include "model/spec.h"

namespace sg {

/// Errors: lists that do not name every layer, widths that heads or groups do not divide.
Result<void> resolve_recurrent(const Family& family, const Config& config, const Fields& fields,
                               const Checkpoint& checkpoint, Spec& spec);

}  // namespace sg
