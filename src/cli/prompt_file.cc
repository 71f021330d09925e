#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file_error.h"
#include "cli/prompts.h"
#include "report/data/json_reader.h"
#include "report/text/number_text.h"

namespace sg {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Error too_large(const std::string& where, std::size_t most) {
  return {.kind = ErrorKind::kResource,
          .what = "is larger than the memory allows",
          .where = where,
          .expected = "at most " + bytes_text(most) + " of text",
          .hint = "Measure it in parts, or name more memory with --memory"};
}

bool blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

Result<Prompt> read_prompt(const JsonReader& item) {
  if (item.is_string()) {
    SG_TRY(std::string text, item.string());
    return Prompt{std::move(text), ""};
  }
  if (!item.is_object()) return item.wrong("a string or {\"text\", \"category\"}");
  SG_TRY(const JsonReader text, item.at("text"));
  Prompt prompt;
  SG_TRY(prompt.text, text.string());
  if (const auto category = item.find("category")) {
    SG_TRY(prompt.category, category->string());
  }
  return prompt;
}

Result<std::vector<Prompt>> from_json(std::string_view content, const std::string& file) {
  JsonDocument document;
  SG_TRY(const JsonReader root, document.parse(content, file));
  std::vector<Prompt> prompts;
  SG_TRY(const std::vector<JsonReader> items, root.items());
  for (const JsonReader& item : items) {
    SG_TRY(Prompt prompt, read_prompt(item));
    prompts.push_back(std::move(prompt));
  }
  return prompts;
}

/// Calls use(line, its number from 1); a line ends with \n or \r\n.
template <class Use>
Result<void> for_each_line(std::string_view content, Use use) {
  for (std::size_t number = 1; !content.empty(); ++number) {
    const std::size_t end = content.find('\n');
    std::string_view line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    SG_TRY_VOID(use(line, number));
  }
  return {};
}

Result<std::vector<Prompt>> from_lines(std::string_view content, const std::string& file, bool json,
                                       const Console& console) {
  std::vector<Prompt> prompts;
  const auto use = [&](std::string_view line, std::size_t number) -> Result<void> {
    const std::string where = file + ":" + std::to_string(number);
    if (blank(line)) {
      console.warning(where + ": an empty line is left out");
    } else if (json) {
      JsonDocument document;
      SG_TRY(const JsonReader item, document.parse(line, where));
      SG_TRY(Prompt prompt, read_prompt(item));
      prompts.push_back(std::move(prompt));
    } else {
      prompts.push_back({std::string(line), ""});
    }
    return {};
  };
  SG_TRY_VOID(for_each_line(content, use));
  return prompts;
}

/// The whole of an open file, in memory of its size.
Result<std::string> read_all(int fd, const std::string& where, std::size_t most) {
  struct stat info = {};
  if (::fstat(fd, &info) != 0) return file_error("cannot be read", where, errno);
  if (S_ISDIR(info.st_mode)) return Error{.what = "is a folder, a file was expected", .where = where};
  constexpr std::size_t kStep = std::size_t{1} << 20;
  std::string content;
  std::size_t size = 0;
  if (S_ISREG(info.st_mode)) content.resize(std::min(static_cast<std::size_t>(info.st_size), most) + 1);
  while (true) {
    if (size == content.size()) content.resize(size + std::max(kStep, size / 2));
    const ssize_t n = ::read(fd, content.data() + size, content.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("cannot be read", where, errno);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
    if (size > most) return too_large(where, most);
  }
  content.resize(size);
  if (content.starts_with(kByteOrderMark)) content.erase(0, kByteOrderMark.size());
  return content;
}

}  // namespace

Result<std::string> read_text_file(const std::string& file, std::size_t most) {
  const bool standard_input = file == "-";
  const int fd = standard_input ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return file_error("cannot be opened", file, errno);
  Result<std::string> content = read_all(fd, standard_input ? "standard input" : file, most);
  if (!standard_input) ::close(fd);
  return content;
}

Result<std::vector<Prompt>> read_prompt_file(const std::string& file, std::size_t most, const Console& console) {
  SG_TRY(const std::string content, read_text_file(file, most));
  std::vector<Prompt> prompts;
  if (file.ends_with(".json")) {
    SG_TRY(prompts, from_json(content, file));
  } else {
    SG_TRY(prompts, from_lines(content, file, file.ends_with(".jsonl"), console));
  }
  if (prompts.empty()) return Error{.what = "holds no prompt", .where = file};
  return prompts;
}

}  // namespace sg
