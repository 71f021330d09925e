// Effective amplification: the spectral norm of W_U times a gain of the stream.
#pragma once

#include "measure/definition.h"
#include "spectra/weight_row.h"

namespace sg {

/// Fills report.amplification with the gain of `definition` over the prompts of `measurement` and the report's W_U; a
/// gain that is not defined is a warning with its reason.
void amplify(WeightsReport& report, const Definition& definition, const Measurement& measurement);

}  // namespace sg
