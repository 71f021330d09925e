// A file of prompts from anyone: the first byte says as what it is read, a table, JSON lines or JSON. Whatever it
// holds, the answer is prompts or an Error, and every prompt has a text, ids or a conversation.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "prompts/file_reading.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view content(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string file = "fuzz";
  const sg::PromptFileOptions options;
  sg::FileReading reading(file, options);
  const sg::Result<void> read = *data == 'j'   ? sg::read_json_list(content, reading)
                                : *data == 'l' ? sg::read_json_lines(content, reading)
                                               : sg::read_table(content, static_cast<char>(*data), reading);
  if (!read.ok()) return read.error().message().empty() ? (std::abort(), 0) : 0;
  const sg::Result<sg::PromptFile> prompts = std::move(reading).finished("column", "texts");
  if (!prompts.ok()) return 0;
  for (const sg::Prompt& prompt : prompts.value().prompts) {
    if (prompt.text.empty() && prompt.ids.empty() && prompt.messages.empty()) std::abort();
  }
  return 0;
}
