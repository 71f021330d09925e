// streamgauge.inspect/1: what is in a checkpoint as a JSON document (schemas/inspect-1.json).
#pragma once

#include "measure/inspection.h"
#include "report/data/json_text.h"

namespace sg {

Json inspect_json(const Inspection& inspection);

}  // namespace sg
