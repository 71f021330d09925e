// The manual page, written from the tree of commands and flags.
#pragma once

#include <string>
#include <vector>

#include "cli/command_tree.h"

namespace sg {

/// streamgauge(1) in the macros of man(7): commands, flags, exit codes, environment.
std::string man_page(const std::vector<CommandInfo>& commands);

}  // namespace sg
