// Tokens that were looked for in the lens, as a table.
#pragma once

#include <string>

#include "measure/row.h"

namespace sg {

/// Empty when none was asked for.
std::string targets_text(const Measurement& measurement);

}  // namespace sg
