// This machine, this build, and where it looks for models.
#pragma once

#include <string>

namespace sg {

/// One fact a line. `isa`: that was asked for, empty for the best; `colour`: whether standard output gets some.
std::string machine_text(const std::string& isa, bool colour);

}  // namespace sg
