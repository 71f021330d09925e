// What is built in, as tables for people.
#pragma once

#include <string>

#include "base/result.h"

namespace sg {

/// Every preset of gain, and the parts of which any other is made.
std::string definitions_text();
/// Every built-in experiment and what it concludes.
Result<std::string> experiments_text();

/// Keys, units and meanings of the rows of measurements and weights.
std::string fields_text();

}  // namespace sg
