// streamgauge.measurement/1: one measurement as a JSON document (docs/cli.md, schemas/measurement-1.json).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "measure/row.h"
#include "report/data/json_text.h"

namespace sg {

inline constexpr std::string_view kMeasurementSchema = "streamgauge.measurement/1";

/// Empty tables are left out. Everything but "timings" and engine.threads is the same for every run.
Json measurement_json(const Measurement& measurement);

/// Reads what measurement_json wrote, by this version or a later one that only added keys. `where` names the file
/// in errors, which give the path of the key. Table shapes are checked against the ids and n_layers.
Result<Measurement> read_measurement(std::string_view json, std::string_view where);

}  // namespace sg
