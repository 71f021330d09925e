// streamgauge.gains/1: gains of a measurement as a JSON document (schemas/gains-1.json).
#pragma once

#include <string>

#include "base/result.h"
#include "measure/row.h"
#include "report/data/json_text.h"

namespace sg {

/// `definition`: empty or "all" for every definition, else one by name or id. An absent gain is null with its reason.
Result<Json> gains_json(const Measurement& measurement, const std::string& definition);

}  // namespace sg
