// config_check: keys of config.json and GGUF metadata that belong to other families. A reader that ignores what it does
// not know measures another model than the file describes; one that refuses everything unknown opens no file at all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/spec.h"

namespace sg {

/// The one place where a key that would alter the computation, and that the family does not read, is found. Looks at
/// the switches that no family has (attention in both directions, experts), and at every key that some family reads and
/// this one does not. Keys whose value changes nothing here (null, off, a factor of 1, what already holds) pass in
/// silence, as do the family's unused_keys and what the tensors' shapes decide. The notices name what was ignored
/// although it may mean something. Errors: a key that would change the forward pass.
Result<std::vector<std::string>> check_foreign_keys(const Spec& spec, const Config& config);

/// Whether the key of config.json is a switch that no family has, and that must be off.
bool is_foreign_switch(std::string_view key);

}  // namespace sg
