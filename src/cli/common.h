// What every command shares: its flags, its console, and where a command hangs itself into the program.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/text_file.h"
#include "base/usage_error.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sg {

enum class LogLevel : std::uint8_t { kError, kWarning, kInfo, kDebug };

/// Flags of every command.
struct Common {
  int threads = 0;     // 0: all this process may use
  std::string isa;     // empty: the best
  std::string device;  // of commands that run passes; empty: the processor
  bool quiet = false;
  bool no_progress = false;
  bool offline = false;  // the Hub is not asked
  LogLevel log_level = LogLevel::kWarning;
};

/// The program: one CLI11 app, and the action that parsing chose. Actions return the exit code.
struct Program {
  CLI::App& app;
  Common common;
  std::function<Result<int>()> action;
};

// One function per command; each adds its subcommand.
void add_inspect(Program& program);
void add_measure(Program& program);
void add_gains(Program& program);
void add_extract(Program& program);
void add_compare(Program& program);
void add_weights(Program& program);
void add_tokenize(Program& program);
void add_corpus(Program& program);
void add_plan(Program& program);  // plan, work, merge, status
void add_run(Program& program);
void add_analyze(Program& program);
void add_report(Program& program);
void add_list(Program& program);
void add_check(Program& program);
void add_doctor(Program& program);
void add_pull(Program& program);
void add_login(Program& program);  // login, logout, whoami
void add_help(Program& program);
void add_completion(Program& program);

/// Messages on standard error, by level, one line each: line breaks, control and bidirectional characters as \n or
/// \x1b, whatever file they come from, and what is longer than a screen cut. --quiet keeps errors alone.
class Console {
 public:
  explicit Console(const Common& common)
      : quiet_(common.quiet), level_(common.quiet ? LogLevel::kError : common.log_level) {}
  /// `next` is a line of its own below, for what to do.
  void error(const std::string& text, const std::string& next = {}) const;
  void warning(const std::string& text) const { say(LogLevel::kWarning, "warning: ", text); }
  /// What a person must know and did not ask for; only --quiet keeps it.
  void note(const std::string& text) const;
  void info(const std::string& text) const { say(LogLevel::kInfo, "", text); }
  void debug(const std::string& text) const { say(LogLevel::kDebug, "", text); }
  void warnings(const std::vector<std::string>& texts) const {
    for (const std::string& text : texts) warning(text);
  }

 private:
  void say(LogLevel level, const char* label, const std::string& text) const;
  bool quiet_;
  LogLevel level_;
};

/// Whether a stream is a terminal that wants colour (NO_COLOR and TERM=dumb are respected).
bool colours(int descriptor);

/// Everything that a command says on standard output, as terminal_text: nothing of a file reaches a terminal but what
/// it spells. On a terminal that wants colour the first of each of `heads` in the text, in their order, is bold. An
/// error when it cannot be written.
Result<void> print(const std::string& text, const std::vector<std::string>& heads = {});

/// A document for the file that a flag names, "-" being standard output: byte for byte, but as terminal_text when that
/// is a terminal.
Result<void> write_document(const std::string& file, const std::string& document);
/// The same of one that `write` hands over piece by piece, each of whole characters.
Result<void> stream_document(const std::string& file, const std::function<Result<void>(const TextSink& sink)>& write);

}  // namespace sg
