// A run's trace in Chrome's trace event format (JSON object form, complete events "ph": "X", microseconds).
#pragma once

#include <span>

#include "base/trace.h"
#include "report/data/json_text.h"

namespace sg {

/// One thread id per track, named by a metadata event.
Json trace_json(std::span<const TraceEvent> events);

}  // namespace sg
