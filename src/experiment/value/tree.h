// Places in a Tree, the JSON of a study.
#pragma once

#include <string>
#include <vector>

#include "experiment/value/result.h"

namespace sg {

/// The node at a path below `root`, made when it is not there; every step on the way is an object.
Tree& tree_at(Tree& root, const std::vector<std::string>& path);
/// The node at a path, or null.
const Tree* find_in(const Tree& root, const std::vector<std::string>& path);
/// The text or the integer under a key; absent when there is none.
std::optional<std::string> text_at(const Tree& tree, const std::string& key);
std::optional<std::int64_t> integer_at(const Tree& tree, const std::string& key);

}  // namespace sg
