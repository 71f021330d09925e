// results.json as the seed wrote it: the places that [results] names, filled.
#pragma once

#include "experiment/evaluate/world.h"

namespace sg {

/// `verdicts` in the order of the file; `started` is the time stamp.
Tree seed_results(const World& world, const std::vector<Verdict>& verdicts, const std::string& started);

}  // namespace sg
