// The engine's types as those of the public headers, by copy.
#pragma once

#include "base/result.h"
#include "measure/row.h"
#include "spectra/weight_row.h"
#include "streamgauge/measurement.h"
#include "streamgauge/result.h"
#include "streamgauge/weights.h"

namespace sg::api {

streamgauge::Error to_public(const Error& error);
streamgauge::ModelFacts to_public(const ModelFacts& f);
streamgauge::Sequence to_public(const SequenceMeasurement& m);
streamgauge::Weights to_public(const WeightsReport& report);

}  // namespace sg::api
