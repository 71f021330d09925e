#include <cerrno>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>

#include "cli/prompts.h"
#include "report/data/json_reader.h"

namespace sg {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

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

}  // namespace

Result<std::string> read_text_file(const std::string& file) {
  if (file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::error_code failure;
  if (std::filesystem::is_directory(file, failure))
    return Error{.what = "is a folder, a file was expected", .where = file};
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error{.what = "cannot be opened", .where = file, .got = std::system_category().message(errno)};
  std::string content(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) return Error{.what = "cannot be read", .where = file};
  return content;
}

Result<std::vector<Prompt>> read_prompt_file(const std::string& file, const Console& console) {
  SG_TRY(const std::string whole, read_text_file(file));
  std::string_view content = whole;
  if (content.starts_with(kByteOrderMark)) content.remove_prefix(kByteOrderMark.size());
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
