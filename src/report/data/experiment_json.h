// streamgauge.experiment/1: an experiment's outcome as results.json. The keys of the study itself stand at top level
// as the study wrote them; everything else is under "streamgauge" (docs/reports.md, schemas/experiment-1.json).
#pragma once

#include <string_view>

#include "experiment/value/result.h"
#include "report/data/json_text.h"

namespace sg {

inline constexpr std::string_view kExperimentSchema = "streamgauge.experiment/1";

/// Only streamgauge.started and the engine's threads differ between equal runs, and what the study's own keys hold
/// of the date. What is absent is null, with its reason beside it.
Json experiment_json(const ExperimentResult& result);

Json value_json(const Value& value);

}  // namespace sg
