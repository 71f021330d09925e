#include "cli/common.h"

#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "report/file/output_file.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

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

}  // namespace

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
  return stream_document(file, [&](const TextSink& sink) { return sink(document); });
}

Result<void> stream_document(const std::string& file, const std::function<Result<void>(const TextSink& sink)>& write) {
  if (file != "-") return stream_output(file, write);
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  return write([terminal](std::string_view piece) {
    if (terminal) return write_all(STDOUT_FILENO, terminal_text(piece), "standard output");
    return write_all(STDOUT_FILENO, piece, "standard output");
  });
}

}  // namespace sg
