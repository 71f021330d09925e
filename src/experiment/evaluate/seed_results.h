// results.json as the seed wrote it: the places that [results] names, filled.
#pragma once

#include "experiment/evaluate/world.h"

namespace sg {

/// `verdicts` in the order of the file; `started` is the time stamp.
Tree seed_results(const World& world, const std::vector<Verdict>& verdicts, const std::string& started);

/// The node at a path below `root`, made when it is not there; every step on the way is an object.
Tree& tree_at(Tree& root, const std::vector<std::string>& path);
/// The node at a path, or null.
const Tree* find_in(const Tree& root, const std::vector<std::string>& path);

}  // namespace sg
