// Ids of a text as a table.
#pragma once

#include <string>
#include <vector>

#include "measure/row.h"

namespace sg {

/// The number of tokens, and a line for each; `pieces` spell them as the vocabulary does.
std::string tokens_text(const Sequence& sequence, const std::vector<std::string>& pieces);

}  // namespace sg
