// Patterns for the names of layers, as Python's re.match takes them: a match begins with the first letter and may end
// before the last.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"

namespace sg {

/// Whether a name matches; an error when matching goes beyond all bounds.
using NamePattern = std::function<Result<bool>(std::string_view name)>;

/// Errors: no regular expression, or one that cannot be read as Python reads it.
Result<NamePattern> name_pattern(std::string_view pattern, std::string_view where);

}  // namespace sg
