// streamgauge.weights/1: statistics of a model's matrices as one JSON document, and one CSV row per matrix
// (docs/weights.md, schemas/weights-1.json).
#pragma once

#include <string>
#include <string_view>

#include "report/data/json_text.h"
#include "spectra/weight_row.h"

namespace sg {

inline constexpr std::string_view kWeightsSchema = "streamgauge.weights/1";

/// What is undefined is null; a matrix whose statistics were refused has "non_finite" in their place.
/// Everything but "timings" and engine.threads is the same for every run.
Json weights_json(const WeightsReport& report);

/// Columns model,role,layer,part,tensor,dtype,rows,cols and the statistics; empty where undefined.
std::string weights_csv(const WeightsReport& report);

}  // namespace sg
