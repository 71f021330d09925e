// The mixers of a Spec: which layers have attention, and the sizes of what the others have.
#pragma once

#include "model/fields.h"
#include "model/spec.h"

namespace sg {

/// What a layer of a model with one branch per block is.
enum class Branch : std::uint8_t { kMixer, kAttention, kMlp, kExperts };

/// As layers_block_type (or layer_types) or hybrid_override_pattern say; empty when neither is there.
Result<std::vector<Branch>> branches_of(const Config& config);

/// Errors: lists that do not name every layer, widths that heads or groups do not divide.
Result<void> resolve_recurrent(const Family& family, const Config& config, const Fields& fields,
                               const Checkpoint& checkpoint, Spec& spec);

}  // namespace sg
