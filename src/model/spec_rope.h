// How a model's layers rotate queries and keys: of its family, its configuration and the fields of that.
#pragma once

#include <vector>

#include "model/fields.h"
#include "model/spec.h"

namespace sg {

struct RotaryFrom {
  const Family& family;
  const Config& config;
  const Fields& fields;
};

/// Fills `ropes`, of which the second is that of windowed layers where they have one of their own, and `rotary_dim`.
/// The widths of the layers are known. Errors: what read_rope() refuses; an odd or too wide part of a head.
Result<void> resolve_rotary(const RotaryFrom& from, const std::vector<bool>& windowed, Spec& spec);

}  // namespace sg
