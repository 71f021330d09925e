// Which layers of a rotary model rotate their queries and keys.
#pragma once

#include <vector>

#include "model/fields.h"

namespace sg {

/// One flag per layer: whether it rotates. `windowed` says which layers see a window, whether or not one is stated.
/// Errors: a list that does not name every layer, or holds anything but 0 and 1.
Result<std::vector<bool>> rotated_layers(const Family& family, const Config& config, const Fields& fields,
                                         const std::vector<bool>& windowed);

}  // namespace sg
