// Prompts from a file that a user names.
#pragma once

#include <string>
#include <vector>

#include "prompts/prompt.h"

namespace sg {

struct PromptFile {
  std::vector<Prompt> prompts;
  std::vector<std::string> warnings;  // of lines that were left out
};

/// One prompt a line; .json: an array of strings or of {"text", "category", "id"}; .jsonl: one such value a line; "-"
/// reads standard input. Empty lines are left out with a warning. Errors: a file that cannot be read, is not what its
/// name says, holds no prompt, or holds more than `most` bytes (resource).
Result<PromptFile> read_prompt_file(const std::string& file, std::size_t most);

}  // namespace sg
