// Where a command writes its documents.
#pragma once

#include <string>

#include "base/result.h"

namespace sg {

/// An error of usage when --json and --csv would be written to one place.
Result<void> check_outputs(const std::string& json, const std::string& csv);

}  // namespace sg
