// The outcome of the program's own check as a table.
#pragma once

#include <string>
#include <vector>

#include "check/self_check.h"

namespace sg {

std::string check_text(const std::vector<CheckOutcome>& outcomes);

}  // namespace sg
