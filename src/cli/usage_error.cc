#include "cli/usage_error.h"

#include <CLI/CLI.hpp>

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

/// What stands there and means nothing to the command; empty: nothing does.
std::string unknown_text(const CLI::App& command, bool is_program) {
  for (const std::string& word : command.remaining()) {
    if (word.size() > 1 && word.front() == '-') {
      const std::string flag = word.substr(0, word.find('='));
      const std::string of = is_program ? "" : " of " + command.get_name();
      const std::string near = nearest_text(flag, flags_of(command));
      return "unknown flag '" + flag + "'" + of + (near.empty() ? "" : ". " + near);
    }
    if (is_program) return unknown_word("unknown command", "", word, command_names(command)).message();
  }
  return "";
}

/// What the parser says, in the words of this program's other messages.
std::string said(const CLI::ParseError& failure) {
  const std::string text = failure.what();
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
  return text;
}

}  // namespace

UsageFault usage_fault(const CLI::App& program, const CLI::ParseError& failure) {
  const auto called = program.get_subcommands();
  const CLI::App& command = called.empty() ? program : *called.front();
  std::string text = unknown_text(program, /*is_program=*/true);
  if (text.empty() && !called.empty()) text = unknown_text(command, /*is_program=*/false);
  if (text.empty()) text = called.empty() ? "there is no command" : said(failure);
  const std::string name = called.empty() ? "streamgauge" : "streamgauge " + command.get_name();
  return {.text = text, .next = "Try '" + name + " --help'."};
}

}  // namespace sg
