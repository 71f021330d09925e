// The row types of `weights` are the library's own (include/streamgauge).
#pragma once

#include "measure/row.h"
#include "streamgauge/weight_fields.h"
#include "streamgauge/weights.h"

namespace sg {

using streamgauge::Amplification;
using streamgauge::MatrixStatistics;
using streamgauge::NonFinite;
using streamgauge::PowerLaw;
using streamgauge::Spectrum;
using streamgauge::WeightRow;
using streamgauge::WeightsReport;

}  // namespace sg
