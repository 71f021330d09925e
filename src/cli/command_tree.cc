#include "cli/command_tree.h"

#include <algorithm>

#include "cli/flags.h"
#include "experiment/file/builtin.h"
#include "measure/definition.h"
#include "measure/extract.h"
#include "prompts/suites.h"

namespace sg {
namespace {

FlagInfo info_of(const CLI::Option& option) {
  FlagInfo flag;
  for (const std::string& name : option.get_snames()) flag.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) flag.names.push_back("--" + name);
  if (option.get_positional()) flag.argument = option.get_name(/*positional=*/true, /*all_options=*/false);
  const std::string type = option.get_type_size() != 0 ? option.get_type_name() : "";
  flag.value = type.substr(0, type.find(':'));                                 // what follows is what its check says
  if (flag.names.empty() && flag.value == "TEXT") flag.value = flag.argument;  // nothing narrower is known
  flag.help = option.get_description();
  flag.required = option.get_required();
  flag.common = option.get_group() == kCommonGroup;
  return flag;
}

CommandInfo info_of(const CLI::App& command) {
  CommandInfo info = {.name = command.get_name(), .help = command.get_description(), .example = {}, .flags = {}};
  const std::string footer = command.get_footer(), before = "Example:\n  ";
  if (footer.starts_with(before)) info.example = footer.substr(before.size());
  for (const CLI::Option* option : command.get_options()) info.flags.push_back(info_of(*option));
  const auto place = [](const FlagInfo& flag) { return flag.common ? 2 : flag.argument.empty() ? 1 : 0; };
  std::ranges::stable_sort(info.flags, {}, place);
  return info;
}

constexpr std::string_view kPaths[] = {"FILE", "DIR", "FOLDER", "MODEL", "EXPERIMENT", "RESULTS.json", "A", "B"};

bool is_word(const std::string& text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos;
}

std::vector<std::string> alternatives(const std::string& value) {
  std::vector<std::string> parts(1);
  for (const char c : value) {
    if (c == '|') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// Names that a value stands for: those of suites for "SUITE".
std::vector<std::string> known_names(const std::string& kind, const std::vector<std::string>& commands) {
  std::vector<std::string> words;
  if (kind == "COMMAND") return commands;
  if (kind == "SUITE") {
    for (const Suite& suite : all_suites()) words.push_back(suite.name);
  } else if (kind == "EXPERIMENT") {
    for (const BuiltinExperiment& one : builtin_experiments()) words.emplace_back(one.name);
  } else if (kind == "DEFINITION") {
    for (const Preset& preset : presets()) words.emplace_back(preset.name);
  } else if (kind == "SITE,...") {
    for (int i = 0; i < static_cast<int>(Site::kCount); ++i) words.emplace_back(name(static_cast<Site>(i)));
  }
  return words;
}

}  // namespace

std::string FlagInfo::usage() const {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  if (names.empty()) return argument;
  return value.empty() ? text : text + " " + value;
}

std::vector<std::string> FlagInfo::choices(const std::vector<std::string>& commands) const {
  std::vector<std::string> words;
  for (const std::string& part : alternatives(value)) {
    if (is_word(part)) words.push_back(part);
    const std::vector<std::string> known = known_names(part, commands);
    words.insert(words.end(), known.begin(), known.end());
  }
  return words;
}

bool FlagInfo::takes_path() const {
  return std::ranges::any_of(alternatives(value), [](const std::string& part) {
    return part.ends_with("=MODEL") || std::ranges::find(kPaths, part) != std::end(kPaths);
  });
}

std::vector<CommandInfo> command_tree(const CLI::App& program) {
  std::vector<CommandInfo> commands;
  for (const CLI::App* command : program.get_subcommands({})) commands.push_back(info_of(*command));
  return commands;
}

std::vector<std::string> command_names(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

}  // namespace sg
