// Places in a Tree, the JSON of a study.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "experiment/value/result.h"

namespace sg {

/// The node at a path below `root`, made when it is not there; every step on the way is an object.
Tree& tree_at(Tree& root, const std::vector<std::string>& path);
/// The node at a path, or null.
const Tree* find_in(const Tree& root, const std::vector<std::string>& path);
/// The text or the integer under a key; absent when there is none.
std::optional<std::string> text_at(const Tree& tree, const std::string& key);
std::optional<std::int64_t> integer_at(const Tree& tree, const std::string& key);

/// Lists of numbers, of texts and of [integer, number] pairs become values; other lists and objects become children.
/// null is absent, and so are the NaN and Infinity that Python's json writes. `where` names the document in errors.
Result<Tree> read_tree(std::string_view json, std::string_view where);

}  // namespace sg
