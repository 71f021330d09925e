// A comparison for people.
#pragma once

#include <string>
#include <vector>

#include "measure/compare.h"

namespace sg {

/// A table of the sites, each over all tokens of all prompts, and one of the outputs.
std::string comparison_text(const Comparison& comparison);

/// Three: where the two part first, what it does to the next token, how far apart the outputs are.
std::vector<std::string> comparison_sentences(const Comparison& comparison);

}  // namespace sg
