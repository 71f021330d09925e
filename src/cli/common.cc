#include "cli/common.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>

#include "base/nearest.h"
#include "base/text_file.h"
#include "report/file/output_file.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

constexpr int kMostThreads = 4096;             // far above any machine; a larger number is a slip
constexpr std::size_t kLongestMessage = 4000;  // columns: the longest list of what is known has some hundred

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

/// The first `word` from `at` on in bold; `at` moves behind it.
void make_bold(std::string& text, const std::string& word, std::size_t& at) {
  constexpr std::string_view kBold = "\x1b[1m", kPlain = "\x1b[0m";
  const std::size_t found = word.empty() ? std::string::npos : text.find(word, at);
  if (found == std::string::npos) return;
  text.insert(found + word.size(), kPlain).insert(found, kBold);
  at = found + kBold.size() + word.size() + kPlain.size();
}

/// Without a description: the type's name says the words already.
CLI::Validator one_of(std::vector<std::string> words) {
  return CLI::Validator(
      [words = std::move(words)](std::string& word) {
        return std::ranges::find(words, word) != words.end() ? std::string()
                                                             : unknown_word("unknown word", "", word, words).message();
      },
      "");
}

}  // namespace

void add_common_flags(CLI::App& app, Common& c) {
  static const std::map<std::string, LogLevel> levels = {{"error", LogLevel::kError},
                                                         {"warning", LogLevel::kWarning},
                                                         {"info", LogLevel::kInfo},
                                                         {"debug", LogLevel::kDebug}};
  const std::string group = kCommonGroup;
  app.add_option("-t,--threads", c.threads, "threads; all that the process may use when not given")
      ->check(CLI::Range(1, kMostThreads))
      ->type_name("N")
      ->group(group);
  app.add_option("--isa", c.isa, "instruction set, see doctor; the best when not given")
      ->type_name("NAME")
      ->group(group);
  app.add_flag("--quiet", c.quiet, "errors only on standard error")->group(group);
  app.add_flag("--no-progress", c.no_progress, "no progress bar")->group(group);
  app.add_flag("--offline", c.offline, "models of this machine only; as HF_HUB_OFFLINE=1")->group(group);
  app.add_option_function<std::string>(
         "--log-level", [&c](const std::string& text) { c.log_level = levels.at(text); },
         "what is said on standard error; warning when not given")
      ->check(one_of({"error", "warning", "info", "debug"}))
      ->type_name("error|warning|info|debug")
      ->group(group);
}

void finish_command(Program& program, CLI::App& command, const std::string& example, std::function<Result<int>()> run) {
  add_common_flags(command, program.common);
  command.footer("Example:\n  " + example);
  command.callback([&program, run = std::move(run)] { program.action = run; });
}

void add_model(CLI::App& command, std::string& model, const std::string& help) {
  constexpr const char* kModel = "a folder with safetensors, a .gguf file, or ORG/NAME[@REV][:QUANT] of the Hub";
  command.add_option("-m,--model,MODEL", model, help.empty() ? kModel : help)->required()->type_name("MODEL");
}

void add_json(CLI::App& command, std::string& file, const std::string& help) {
  command.add_option("--json", file, help)->type_name("FILE|-");
}

void add_csv(CLI::App& command, std::string& file, const std::string& help) {
  command.add_option("--csv", file, help)->type_name("FILE|-");
}

void add_memory(CLI::App& command, std::string& bytes) {
  command
      .add_option("--memory", bytes,
                  "activations per pass over the weights, as 512MB or 1.5G; a quarter of the RAM when not given")
      ->type_name("BYTES");
}

void add_precision(CLI::App& command, std::string& word) {
  add_choice(command, "--precision", word, {"float32", "bfloat16", "float16"},
             "float32 (when not given), the instrument's own, or as if in bfloat16 or float16: rounded where a run of "
             "transformers in that type rounds (docs/numerics.md)");
}

CLI::Option* add_choice(CLI::App& command, const std::string& names, std::string& word,
                        const std::vector<std::string>& words, const std::string& help) {
  return command.add_option(names, word, help)
      ->check(one_of(words))
      ->type_name(fmt::format("{}", fmt::join(words, "|")));
}

CLI::Option* add_repeated(CLI::App& command, const std::string& names, const std::string& type,
                          const std::string& help) {
  return command.add_option(names, help)
      ->type_name(type)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

void Console::error(const std::string& text, const std::string& next) const {
  const std::string label = colours(STDERR_FILENO) ? "\x1b[31mstreamgauge: error:\x1b[0m " : "streamgauge: error: ";
  const std::string below = next.empty() ? "" : next + "\n";
  (void)write_all(STDERR_FILENO, label + shortened(text, kLongestMessage) + "\n" + below, "standard error");
}

void Console::note(const std::string& text) const {
  if (!quiet_)
    (void)write_all(STDERR_FILENO, "streamgauge: " + shortened(text, kLongestMessage) + "\n", "standard error");
}

void Console::say(LogLevel level, const char* label, const std::string& text) const {
  if (level > level_) return;
  const std::string line = "streamgauge: " + (label + shortened(text, kLongestMessage)) + "\n";
  (void)write_all(STDERR_FILENO, line, "standard error");
}

bool colours(int descriptor) {
  const char* terminal = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && !is_set("NO_COLOR") && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

Result<void> print(const std::string& text, const std::vector<std::string>& heads) {
  std::string shown = terminal_text(text);
  if (colours(STDOUT_FILENO)) {
    std::size_t at = 0;
    for (const std::string& head : heads) make_bold(shown, printable(head), at);
  }
  return write_all(STDOUT_FILENO, shown, "standard output");
}

Result<void> write_document(const std::string& file, const std::string& document) {
  if (file != "-") return write_output(file, document);
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  return write_all(STDOUT_FILENO, terminal ? terminal_text(document) : document, "standard output");
}

}  // namespace sg
