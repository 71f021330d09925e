#include "prompts/prompt_file.h"

#include "base/json_reader.h"
#include "base/text_file.h"

namespace sg {
namespace {

bool blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

Result<Prompt> read_prompt(const JsonReader& item) {
  if (item.is_string()) {
    SG_TRY(std::string text, item.string());
    return text_prompt(std::move(text));
  }
  if (!item.is_object()) return item.wrong("a string or {\"text\", \"category\"}");
  SG_TRY(const JsonReader text, item.at("text"));
  Prompt prompt;
  SG_TRY(prompt.text, text.string());
  if (const auto id = item.find("id")) {
    SG_TRY(prompt.id, id->string());
  }
  if (const auto category = item.find(kCategoryColumn)) {
    SG_TRY(prompt.columns.emplace_back(kCategoryColumn, "").second, category->string());
  }
  return prompt;
}

Result<PromptFile> from_json(std::string_view content, const std::string& file) {
  JsonDocument document;
  SG_TRY(const JsonReader root, document.parse(content, file));
  PromptFile read;
  SG_TRY_VOID(root.each_item([&](const JsonReader& item) -> Result<void> {
    SG_TRY(Prompt prompt, read_prompt(item));
    read.prompts.push_back(std::move(prompt));
    return {};
  }));
  return read;
}

Result<Prompt> from_json_line(std::string_view line, const std::string& where) {
  JsonDocument document;
  SG_TRY(const JsonReader item, document.parse(line, where));
  return read_prompt(item);
}

/// A line ends with \n or \r\n.
Result<PromptFile> from_lines(std::string_view content, const std::string& file, bool json) {
  PromptFile read;
  for (std::size_t number = 1; !content.empty(); ++number) {
    const std::string where = file + ":" + std::to_string(number);
    const std::size_t end = content.find('\n');
    std::string_view line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (blank(line)) {
      read.warnings.push_back(where + ": an empty line is left out");
      continue;
    }
    SG_TRY(Prompt prompt, json ? from_json_line(line, where) : text_prompt(std::string(line)));
    read.prompts.push_back(std::move(prompt));
  }
  return read;
}

}  // namespace

Result<PromptFile> read_prompt_file(const std::string& file, std::size_t most) {
  SG_TRY(const std::string content, read_text_file(file, most));
  SG_TRY(PromptFile read,
         file.ends_with(".json") ? from_json(content, file) : from_lines(content, file, file.ends_with(".jsonl")));
  if (read.prompts.empty()) return Error{.what = "holds no prompt", .where = file};
  return read;
}

}  // namespace sg
