// Completion of the shells, written from the tree of commands and flags.
#pragma once

#include <string>
#include <vector>

#include "cli/command_tree.h"

namespace sg {

/// A script that completes commands, flags, their words and files. Source it, or install it where the shell looks.
std::string bash_completion(const std::vector<CommandInfo>& commands);
std::string zsh_completion(const std::vector<CommandInfo>& commands);
std::string fish_completion(const std::vector<CommandInfo>& commands);

}  // namespace sg
