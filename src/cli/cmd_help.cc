// streamgauge help and streamgauge completion: what the program says of itself, from the tree of its flags.

#include "base/nearest.h"
#include "cli/command_tree.h"
#include "cli/flags.h"

namespace sg {
namespace {

/// The tree without the command that was called: CLI11 shows a called command's help in place of the program's.
Result<int> show_help(const CLI::App& program, const std::string& command) {
  if (command.empty()) {
    SG_TRY_VOID(print(program.get_formatter()->make_help(&program, program.get_name(), CLI::AppFormatMode::Normal)));
    return 0;
  }
  for (const CLI::App* one : program.get_subcommands({})) {
    if (one->get_name() != command) continue;
    const std::string name = program.get_name() + " " + command;
    SG_TRY_VOID(print(one->get_formatter()->make_help(one, name, CLI::AppFormatMode::Normal)));
    return 0;
  }
  return unknown_word("unknown command", "", command, command_names(program));
}

Result<int> show_completion(const CLI::App& program, const std::string& shell) {
  const std::vector<CommandInfo> commands = command_tree(program);
  const std::string script = shell == "bash"  ? bash_completion(commands)
                             : shell == "zsh" ? zsh_completion(commands)
                                              : fish_completion(commands);
  SG_TRY_VOID(write_document("-", script));
  return 0;
}

}  // namespace

void add_help(Program& program) {
  auto command = std::make_shared<std::string>();
  auto man = std::make_shared<bool>(false);
  CLI::App* help = program.app.add_subcommand("help", "the commands, or the flags of one");
  help->add_option("COMMAND", *command, "a command; all of them when not given");
  help->add_flag("--man", *man, "the manual page, for man -l -");
  finish_command(program, *help, "streamgauge help gains", [command, man, &program]() -> Result<int> {
    if (!*man) return show_help(program.app, *command);
    SG_TRY_VOID(write_document("-", man_page(command_tree(program.app))));
    return 0;
  });
}

void add_completion(Program& program) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = program.app.add_subcommand("completion", "completion of commands, flags and words for a shell");
  add_choice(*command, "SHELL", *shell, {"bash", "zsh", "fish"}, "bash, zsh or fish")->required();
  finish_command(program, *command, "source <(streamgauge completion bash)",
                 [shell, &program] { return show_completion(program.app, *shell); });
}

}  // namespace sg
