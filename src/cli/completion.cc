#include "cli/command_tree.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

#include "report/text/slurm_script.h"

namespace sg {
namespace {

std::vector<std::string> names_of(const std::vector<CommandInfo>& commands) {
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (const CommandInfo& command : commands) names.push_back(command.name);
  return names;
}

/// A backslash before every character of `special`.
std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// Whether its value is a list with commas, of words that are known.
bool is_list(const FlagInfo& flag) { return flag.value.ends_with(",..."); }

/// The names of the flags that may stand before a command too.
std::vector<std::string> leading_flags(const std::vector<CommandInfo>& commands) {
  std::vector<std::string> names = {"--help", "--version"};
  for (const FlagInfo& flag : commands.front().flags) {
    if (flag.common) names.insert(names.end(), flag.names.begin(), flag.names.end());
  }
  return names;
}

std::string bash_values(const FlagInfo& flag, const std::vector<std::string>& names) {
  const std::vector<std::string> words = flag.choices(names);
  const char* kind = flag.takes_path() ? "files" : is_list(flag) ? "list" : "words";
  return fmt::format("_streamgauge_offer {} '{}'", kind, fmt::join(words, " "));
}

/// The branch of one command: the values of its flags, its flags, its arguments.
std::string bash_command(const CommandInfo& command, const std::vector<std::string>& names) {
  std::string values, flags, arguments = "_streamgauge_offer words ''";
  bool argued = false;
  for (const FlagInfo& flag : command.flags) {
    for (const std::string& name : flag.names) flags += (flags.empty() ? "" : " ") + name;
    if (!flag.names.empty() && !flag.value.empty())
      values += fmt::format("        {}) {}; return ;;\n", fmt::join(flag.names, "|"), bash_values(flag, names));
    if (!flag.argument.empty() && !argued) arguments = bash_values(flag, names);
    argued = argued || !flag.argument.empty();
  }
  return fmt::format(
      "    {})\n      case \"$previous\" in\n{}      esac\n      if [[ $current == -* ]]; then _streamgauge_offer "
      "words '{}'; else {}; fi ;;\n",
      command.name, values, flags, arguments);
}

std::string zsh_action(const FlagInfo& flag, const std::vector<std::string>& names) {
  const std::vector<std::string> words = flag.choices(names);
  if (words.empty()) return flag.takes_path() ? "_files" : " ";
  if (is_list(flag)) return fmt::format("{{_values -s , {} {}}}", shell_quoted("one or more"), fmt::join(words, " "));
  const std::string list = fmt::format("compadd -- {}", fmt::join(words, " "));
  return flag.takes_path()
             ? fmt::format("{{_alternative 'names:name:({})' 'files:file:_files'}}", fmt::join(words, " "))
             : fmt::format("{{{}}}", list);
}

std::string zsh_flag(const FlagInfo& flag, const std::vector<std::string>& names) {
  std::string lines;
  for (const std::string& name : flag.names) {
    const std::string value =
        flag.value.empty() ? "" : fmt::format(":{}:{}", escaped(flag.value, ":"), zsh_action(flag, names));
    lines += fmt::format(" \\\n        {}",
                         shell_quoted(fmt::format("*{}[{}]{}", name, escaped(flag.help, "[]:\\"), value)));
  }
  return lines;
}

std::string fish_values(const FlagInfo& flag, const std::vector<std::string>& names) {
  const std::vector<std::string> words = flag.choices(names);
  std::string text = flag.takes_path() ? " -r -F" : " -x";
  if (!words.empty()) text += fmt::format(" -a '{}'", fmt::join(words, " "));
  return text;
}

std::string fish_flag(const FlagInfo& flag, const std::string& condition, const std::vector<std::string>& names) {
  std::string line = "complete -c streamgauge -n " + shell_quoted(condition);
  for (const std::string& name : flag.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!flag.value.empty()) line += fish_values(flag, names);
  return line + " -d " + fmt::format("'{}'\n", escaped(flag.help, "\\'"));
}

}  // namespace

std::string bash_completion(const std::vector<CommandInfo>& commands) {
  const std::vector<std::string> names = names_of(commands);
  std::string branches;
  for (const CommandInfo& command : commands) branches += bash_command(command, names);
  return fmt::format(R"bash(# bash completion of streamgauge
_streamgauge_offer() {{
  local before=""
  if [[ $1 == list && $current == *,* ]]; then before="${{current%,*}},"; fi
  COMPREPLY=($(compgen -P "$before" -W "$2" -- "${{current#"$before"}}"))
  if [[ $1 == files ]]; then
    compopt -o filenames 2>/dev/null
    local IFS=$'\n'
    COMPREPLY+=($(compgen -f -- "$current"))
  fi
}}
_streamgauge() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" command="" word
  COMPREPLY=()
  if [[ $current == "=" ]]; then current=""; elif [[ $previous == "=" ]]; then previous="${{COMP_WORDS[COMP_CWORD-2]}}"; fi
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$word" in {0}) command="$word"; break ;; esac
  done
  case "$command" in
    "") _streamgauge_offer words '{1} {2}' ;;
{3}  esac
}}
complete -F _streamgauge streamgauge
)bash",
                     fmt::join(names, "|"), fmt::join(names, " "), fmt::join(leading_flags(commands), " "), branches);
}

std::string zsh_completion(const std::vector<CommandInfo>& commands) {
  const std::vector<std::string> names = names_of(commands);
  std::string list, branches;
  for (const CommandInfo& command : commands) {
    list += fmt::format("    {}\n", shell_quoted(command.name + ":" + command.help));
    std::string arguments;
    bool argued = false;  // the first argument's words serve for all
    for (const FlagInfo& flag : command.flags) {
      arguments += zsh_flag(flag, names);
      if (flag.argument.empty() || argued) continue;
      argued = true;
      const std::string spec = fmt::format("*:{}:{}", escaped(flag.argument, ":"), zsh_action(flag, names));
      arguments += fmt::format(" \\\n        {}", shell_quoted(spec));
    }
    branches += fmt::format("      {}) _arguments{} ;;\n", command.name, arguments);
  }
  return fmt::format(R"zsh(#compdef streamgauge
# zsh completion of streamgauge
_streamgauge() {{
  local -a commands
  commands=(
{}  )
  local -a names
  names=(${{commands%%:*}})
  local -i at=2
  while (( at < CURRENT && ! ${{names[(Ie)$words[at]]}} )); do (( at++ )); done
  if (( at >= CURRENT )); then
    if [[ $words[CURRENT] == -* ]]; then compadd -- {}; else _describe command commands; fi
    return
  fi
  local command="$words[at]"
  shift $(( at - 1 )) words
  (( CURRENT -= at - 1 ))
  case "$command" in
{}  esac
}}
if [[ "$funcstack[1]" == _streamgauge ]]; then _streamgauge "$@"; else compdef _streamgauge streamgauge; fi
)zsh",
                     list, fmt::join(leading_flags(commands), " "), branches);
}

std::string fish_completion(const std::vector<CommandInfo>& commands) {
  const std::vector<std::string> names = names_of(commands);
  std::string out = "# fish completion of streamgauge\ncomplete -c streamgauge -f\n";
  const std::string none_yet = fmt::format("not __fish_seen_subcommand_from {}", fmt::join(names, " "));
  for (const FlagInfo& flag : commands.front().flags) {
    if (flag.common) out += fish_flag(flag, none_yet, names);
  }
  for (const CommandInfo& command : commands) {
    out += fmt::format("complete -c streamgauge -n {} -a {} -d '{}'\n", shell_quoted(none_yet), command.name,
                       escaped(command.help, "\\'"));
    const std::string condition = "__fish_seen_subcommand_from " + command.name;
    for (const FlagInfo& flag : command.flags) {
      if (!flag.names.empty()) out += fish_flag(flag, condition, names);
      if (!flag.argument.empty())
        out += fmt::format("complete -c streamgauge -n {}{}\n", shell_quoted(condition),
                           flag.takes_path() ? fish_values(flag, names).replace(0, 3, " ") : fish_values(flag, names));
    }
  }
  return out;
}

}  // namespace sg
