// A prompt file while it is read: what has been found in it, and what was left out. Shared by the readers of its forms.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prompts/prompt_file.h"

namespace sg {

class FileReading {
 public:
  /// Both must outlive it.
  FileReading(const std::string& file, const PromptFileOptions& options) : file_(file), options_(options) {}

  const std::string& file() const { return file_; }
  const PromptFileOptions& options() const { return options_; }

  /// `key` is the column or key that its text was found under; empty: it has none.
  void take(Prompt prompt, std::string_view key = {});
  /// `where` is its place in the file: ":3" for a line, "[2]" for an item of a list.
  void leave_out(const std::string& where, std::string_view what);

  /// Which of `names` is the text: the one that was asked for, else "text" or "prompt" in letters of any case. Empty:
  /// none of them.
  std::string text_key(const std::vector<std::string>& names) const;
  std::string id_key() const;
  /// "text or prompt", or what was asked for, for messages.
  std::string wanted_key() const;
  /// The error of `names` without a text, which it is given what and where.
  Error without_text(Error error, const std::vector<std::string>& names) const;

  /// The prompts, what is said of them (`form`: "column", "key" or how texts stand there), and one warning for each
  /// kind of thing left out. Errors: no prompt, a name for prompts that was asked for and is nowhere.
  Result<PromptFile> finished(std::string_view form, std::string_view manner) &&;

 private:
  struct Left {
    std::string first;  // where the first of them stood
    std::size_t count = 0;
  };
  const std::string& file_;
  const PromptFileOptions& options_;
  std::vector<Prompt> prompts_;
  std::vector<std::string> keys_;  // under which texts were found, in the order in which they were met
  std::vector<std::pair<std::string, Left>> left_out_;
};

/// "3 prompts", "1 prompt".
std::string counted(std::size_t n, std::string_view what);

inline constexpr const char* kEmptyLine = "an empty line is left out";
inline constexpr const char* kNoText = "a row without a text is left out";

/// The forms; each takes every prompt of `content` into `reading`. Errors name the line.
Result<void> read_table(std::string_view content, char separator, FileReading& reading);
Result<void> read_json_lines(std::string_view content, FileReading& reading);
/// A list of values, or one; of a file that holds a value a line, those.
Result<void> read_json_list(std::string_view content, FileReading& reading);

/// Calls take(line, where) for every line that is not blank. A line ends with \n or \r\n.
Result<void> each_line(std::string_view content, FileReading& reading, const auto& take) {
  for (std::size_t number = 1; !content.empty(); ++number) {
    const std::string where = ":" + std::to_string(number);
    const std::size_t end = content.find('\n');
    std::string_view line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      if (!content.empty()) reading.leave_out(where, kEmptyLine);
      continue;
    }
    SG_TRY_VOID(take(line, where));
  }
  return {};
}

}  // namespace sg
