// What the explorer's page reads: a head as JSON (page/types.d.ts) and the arrays that it points into.
#pragma once

#include "report/data/json_text.h"
#include "report/explorer/explorer_page.h"
#include "report/explorer/number_arrays.h"

namespace sg {

/// `comparison` may be null; else B's sequences carry its cosines and distances. The arrays point into both.
Json explorer_head(Shown shown, const Comparison* comparison, const ExplorerOptions& options, NumberArrays& arrays);

/// The two models of a comparison as measurements: the norms of every site that it has.
std::vector<Measurement> measurements_of(const Comparison& comparison);

/// Errors (usage) as of explorer_html.
Result<void> check_shown(Shown shown);

}  // namespace sg
