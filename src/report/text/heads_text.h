// Heads for people: which look at the first token, and which write most, layer by layer.
#pragma once

#include <span>
#include <string>

#include "measure/heads.h"

namespace sg {

/// Of the last token of every prompt; empty without heads.
std::string heads_text(const Measurement& measurement, std::span<const SequenceHeads> heads);

}  // namespace sg
