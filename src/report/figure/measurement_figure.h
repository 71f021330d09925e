// A measurement as a figure: the norms of the stream layer by layer, and the gain of every block.
#pragma once

#include "measure/row.h"
#include "report/figure/figure.h"

namespace sg {

/// Two panels, means over the prompts: norms at embed and after every block, and the gain of every block, each by the
/// last token, the mean over tokens with and without the first, and the largest.
Picture measurement_picture(const Measurement& measurement);

}  // namespace sg
