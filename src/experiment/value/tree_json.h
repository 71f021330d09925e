// A JSON document as a Tree: what an experiment reads of a stored results file.
#pragma once

#include <string_view>

#include "base/result.h"
#include "experiment/value/result.h"

namespace sg {

/// Lists of numbers, of texts and of [integer, number] pairs become values; other lists and objects become children.
/// null is absent, and so are the NaN and Infinity that Python's json writes. `where` names the document in errors.
Result<Tree> read_tree(std::string_view json, std::string_view where);

}  // namespace sg
