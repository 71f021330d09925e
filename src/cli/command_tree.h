// The program's commands and flags as data: help, completion and the man page are written from the one tree that parses
// them.
#pragma once

#include <string>
#include <vector>

#include "cli/common.h"

namespace sg {

struct FlagInfo {
  std::vector<std::string> names;  // "--prompts", "-f"; empty for an argument that has no flag
  std::string argument;            // what it is called as an argument: "MODEL"; empty: it is none
  std::string value;               // "FILE", "last|all|none"; empty: a switch
  std::string help;
  bool required = false, common = false;

  /// "--logits last|all|none", of every name.
  std::string usage() const;
  /// The words it takes, where they are few and known; empty otherwise.
  std::vector<std::string> choices(const std::vector<std::string>& commands) const;
  /// Whether it takes a path, perhaps beside other words.
  bool takes_path() const;
};

struct CommandInfo {
  std::string name, help, example;
  std::vector<FlagInfo> flags;
};

/// In the order of --help. Arguments come first, then the command's flags, then those of every command.
std::vector<CommandInfo> command_tree(const CLI::App& program);

std::vector<std::string> command_names(const CLI::App& program);

/// streamgauge(1) in the macros of man(7): commands, flags, exit codes, environment.
std::string man_page(const std::vector<CommandInfo>& commands);

/// A script that completes commands, flags, their words and files. Source it, or install it where the shell looks.
std::string bash_completion(const std::vector<CommandInfo>& commands);
std::string zsh_completion(const std::vector<CommandInfo>& commands);
std::string fish_completion(const std::vector<CommandInfo>& commands);

}  // namespace sg
