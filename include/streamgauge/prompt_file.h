// Prompts from a file that a user names; how it is read: docs/prompts.md.
#pragma once

#include <string>
#include <vector>

#include "streamgauge/prompt.h"
#include "streamgauge/result.h"

namespace streamgauge {

struct PromptFile {
  std::vector<Prompt> prompts;
  std::vector<std::string> warnings;  // of lines that were left out
  std::string said;                   // what was read: "12 prompts from p.csv, column text"
};

/// .csv and .tsv with a header, .jsonl, .json, anything else one prompt a line; what stands beside a text is kept as
/// its columns. `text_key`, `id_key`: the columns or members that are the text ("text" or "prompt" when empty) and the
/// prompt's name ("id"). Errors: a file that cannot be read or is not what its name says, a key that is not there, no
/// prompt at all, more text than a quarter of the memory has room for.
Result<PromptFile> read_prompts(const std::string& file, const std::string& text_key = {},
                                const std::string& id_key = {});

}  // namespace streamgauge
