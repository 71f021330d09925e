// Flags: the kinds that they are of, and those that several commands have.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <type_traits>
#include <vector>

#include "base/number_text.h"
#include "cli/common.h"
#include "cli/signals.h"

namespace sg {

/// A check beside CLI11's own of numbers, which let NaN pass: what is wrong with it, or nothing.
std::string finite(const std::string& number);

/// A flag or an argument of one value; `type` is how --help calls that: "FILE". Real numbers are finite.
template <class T>
CLI::Option* add_value(CLI::App& command, const std::string& names, T& value, const std::string& type,
                       const std::string& help) {
  CLI::Option* option = command.add_option(names, value, help)->type_name(type);
  if constexpr (std::is_floating_point_v<T>) option->check(finite);
  return option;
}

/// The same, repeated for more.
inline CLI::Option* add_list(CLI::App& command, const std::string& names, std::vector<std::string>& values,
                             const std::string& type, const std::string& help) {
  return add_value(command, names, values, type, help)->allow_extra_args(false);
}

// Flags that several commands have.
/// MODEL, of commands that open one; -m and --model name it too. `help`: what else it may be.
void add_model(CLI::App& command, std::string& model, const std::string& help = {});
void add_json(CLI::App& command, std::string& file, const std::string& help);
void add_csv(CLI::App& command, std::string& file, const std::string& help);
void add_memory(CLI::App& command, std::string& bytes);
/// --precision, one of the names of Precision.
void add_precision(CLI::App& command, std::string& word);
/// A flag or an argument that is one of a few words, which are its type's name too: "last|all|none".
CLI::Option* add_choice(CLI::App& command, const std::string& names, std::string& word,
                        const std::vector<std::string>& words, const std::string& help);
/// A flag that may be repeated, one value each time, taken as it is: a prompt may look like a list or begin with a
/// dash.
CLI::Option* add_repeated(CLI::App& command, const std::string& names, const std::string& type,
                          const std::string& help);

inline constexpr const char* kCommonGroup = "Flags of every command";

/// The flags of every command, which stand before it or after it.
void add_common_flags(CLI::App& app, Common& common);
/// Of commands that run passes over a model.
void add_device(CLI::App& command, Common& common);
/// What the flags say of the machine, and Ctrl-C, as options of a measurement or of a run. Error (usage): `memory` is
/// no number of bytes.
template <class Options>
Result<void> use_machine(const Common& common, const std::string& memory, Options& options) {
  options.threads = common.threads;
  options.isa = common.isa;
  options.device = common.device;
  options.stop = &stop_requested();
  if (memory.empty()) return {};
  SG_TRY(options.memory_budget, parse_bytes(memory, "--memory"));
  return {};
}

/// Adds them to a command, and the example under its --help. `run` is called after parsing.
void finish_command(Program& program, CLI::App& command, const std::string& example, std::function<Result<int>()> run);

/// An error (usage) that names the first flag of the command that was given and is neither one of `taken` (long names),
/// an argument nor one of every command; `what`: why it means nothing here.
Result<void> check_only(const CLI::App& command, const std::vector<std::string>& taken, const std::string& what);

}  // namespace sg
