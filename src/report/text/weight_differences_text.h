// What a quantisation did to the matrices of each layer, beside what it did to the stream, for people.
#pragma once

#include <string>

#include "measure/compare.h"

namespace sg {

/// A table with a row per layer: |B - A|_F / |A|_F of every matrix, the largest |B - A|_2 / |A|_2, and the mean
/// distance of the stream behind the layer. Empty when no matrix was compared.
std::string weight_differences_text(const Comparison& comparison);

}  // namespace sg
