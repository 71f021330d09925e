// The table of fields as a person reads it: docs/measures.md shows it.
#pragma once

#include <string>

namespace sg {

/// Keys, units and meanings of the rows of measurements and weights.
std::string fields_text();

}  // namespace sg
