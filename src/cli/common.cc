#include "cli/common.h"

#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstdlib>
#include <map>
#include <string_view>

#include "report/file/output_file.h"

namespace sg {
namespace {

constexpr int kMostThreads = 4096;  // far above any machine; a larger number is a slip

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

void finish_command(Program& program, CLI::App& command, const std::string& example, std::function<Result<int>()> run) {
  static const std::map<std::string, LogLevel> levels = {{"error", LogLevel::kError},
                                                         {"warning", LogLevel::kWarning},
                                                         {"info", LogLevel::kInfo},
                                                         {"debug", LogLevel::kDebug}};
  const std::string group = "Flags of every command";
  Common& c = program.common;
  command.add_option("--threads", c.threads, "threads; all that the process may use when not given")
      ->check(CLI::Range(1, kMostThreads))
      ->type_name("N")
      ->group(group);
  command.add_option("--isa", c.isa, "instruction set, see doctor; the best when not given")
      ->type_name("NAME")
      ->group(group);
  command.add_flag("--quiet", c.quiet, "errors only on standard error")->group(group);
  command.add_flag("--no-progress", c.no_progress, "no progress bar")->group(group);
  command
      .add_option_function<std::string>(
          "--log-level", [&c](const std::string& text) { c.log_level = levels.at(text); },
          "error, warning (when not given), info or debug")
      ->check(CLI::IsMember({"error", "warning", "info", "debug"}))
      ->type_name("LEVEL")
      ->group(group);
  command.footer("Example:\n  " + example);
  command.callback([&program, run = std::move(run)] { program.action = run; });
}

void Console::error(const std::string& text) const {
  const std::string label = colours(STDERR_FILENO) ? "\x1b[31mstreamgauge: error:\x1b[0m " : "streamgauge: error: ";
  (void)write_all(STDERR_FILENO, label + text + "\n", "standard error");
}

void Console::say(LogLevel level, const char* label, const std::string& text) const {
  if (level > level_) return;
  (void)write_all(STDERR_FILENO, "streamgauge: " + (label + text) + "\n", "standard error");
}

bool colours(int descriptor) {
  const char* terminal = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && !is_set("NO_COLOR") && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

std::string bold(const std::string& text) { return colours(STDOUT_FILENO) ? "\x1b[1m" + text + "\x1b[0m" : text; }

Result<void> print(const std::string& text) { return write_all(STDOUT_FILENO, text, "standard output"); }

}  // namespace sg
