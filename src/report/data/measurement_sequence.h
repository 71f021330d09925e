// One sequence of a streamgauge.measurement/1, read back.
#pragma once

#include "base/result.h"
#include "measure/row.h"
#include "report/data/json_reader.h"

namespace sg {

/// What measurement_json wrote of one sequence of a model with `layers` blocks. Shapes are checked against the ids.
Result<SequenceMeasurement> read_sequence(const JsonReader& from, std::size_t layers);

}  // namespace sg
