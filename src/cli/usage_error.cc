#include "cli/usage_error.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <vector>

#include "base/nearest.h"
#include "cli/command_tree.h"

namespace sg {
namespace {

std::vector<std::string> flags_of(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_snames()) flags.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

/// The program, its command, and what is called below that.
std::vector<const CLI::App*> called_commands(const CLI::App& program) {
  std::vector<const CLI::App*> called = {&program};
  while (!called.back()->get_subcommands().empty()) called.push_back(called.back()->get_subcommands().front());
  return called;
}

/// What stands there and means nothing to the command; empty: nothing does.
std::string unknown_text(const CLI::App& command, bool is_program) {
  for (const std::string& word : command.remaining()) {
    if (word.size() > 1 && word.front() == '-') {
      const std::string flag = word.substr(0, word.find('='));
      const std::string of = is_program ? "" : " of " + command.get_name();
      const std::string near = nearest_text(flag, flags_of(command));
      return fmt::format("unknown flag '{}'{}{}{}", flag, of, near.empty() ? "" : ". ", near);
    }
    if (is_program) return unknown_word("unknown command", "", word, command_names(command)).message();
  }
  return "";
}

/// What the parser says, in the words of this program's other messages.
std::string said(const CLI::ParseError& failure) {
  std::string text = failure.what();
  const auto behind = [&](const std::string& word) {
    const std::size_t at = text.find(word);
    return at == std::string::npos ? std::string() : text.substr(at + word.size());
  };
  const std::string name = text.substr(0, text.find_first_of(": "));
  const std::string times = behind("At Most 1 required but received "), missing = behind(": 1 required ");
  if (!times.empty()) return name + " is given " + times + " times; expected once";
  if (missing.ends_with(" missing"))
    return name + ": a value is missing; expected " + missing.substr(0, missing.size() - 8);
  if (text == "--model is required") return "MODEL is required: a folder, a .gguf file, or ORG/NAME of the Hub";
  for (const char* extra : {"argument was not expected: ", "arguments were not expected: "}) {
    const std::string words = behind(extra);
    if (!words.empty()) return "no place for '" + words + "'; expected no more arguments";
  }
  const std::size_t range = text.find(" not in range ");  // which ends in 309 digits where nothing else bounds it
  if (range != std::string::npos && text.size() > range + 300)
    return text.substr(0, range) + "; expected a positive number";
  return text;
}

}  // namespace

bool has_unknown_text(const CLI::App& program) {
  const std::vector<const CLI::App*> called = called_commands(program);
  return std::ranges::any_of(
      called, [&](const CLI::App* command) { return !unknown_text(*command, command == &program).empty(); });
}

UsageFault usage_fault(const CLI::App& program, const CLI::ParseError& failure) {
  const std::vector<const CLI::App*> called = called_commands(program);
  std::string text, name;
  for (const CLI::App* command : called) {
    if (text.empty()) text = unknown_text(*command, command == &program);
    name += (name.empty() ? "" : " ") + command->get_name();
  }
  if (text.empty()) text = called.size() == 1 ? "there is no command" : said(failure);
  return {.text = text, .next = "Try '" + name + " --help'."};
}

}  // namespace sg
