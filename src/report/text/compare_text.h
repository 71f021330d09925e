// A comparison for people.
#pragma once

#include <string>

#include "measure/compare.h"

namespace sg {

/// A table of the sites, each over all tokens of all prompts, and one of the outputs.
std::string comparison_text(const Comparison& comparison);

}  // namespace sg
