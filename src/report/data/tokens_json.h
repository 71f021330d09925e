// Texts with their ids as a JSON document: {"sequences": [{"text", "ids", "tokens"}]}.
#pragma once

#include <vector>

#include "measure/row.h"
#include "report/data/json_text.h"

namespace sg {

Json tokens_json(const std::vector<Sequence>& sequences);

}  // namespace sg
