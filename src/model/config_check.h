// config_check: keys of config.json that belong to other families. A reader that ignores what it does not know
// measures another model than the file describes; one that refuses everything unknown opens no file at all.
#pragma once

#include <string>
#include <vector>

#include "model/spec.h"

namespace sg {

/// Looks at every key of config.json that some family reads and this one does not. Keys whose value changes nothing
/// here (null, off, a factor of 1, what already holds) pass in silence, as do the family's unused_keys and what the
/// tensors' shapes decide. The notices name what was ignored although it may mean something.
/// Errors: a key that would change the forward pass. Nothing is checked in GGUF files, whose writers put down what
/// their architecture reads.
Result<std::vector<std::string>> check_foreign_keys(const Spec& spec, const Config& config);

}  // namespace sg
