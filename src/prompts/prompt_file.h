// Prompts from a file that a user names.
#pragma once

#include <string>
#include <vector>

#include "prompts/prompt.h"
#include "streamgauge/prompt_file.h"

namespace sg {

using streamgauge::PromptFile;

struct PromptFileOptions {
  std::string text_key = {};     // of the column or member that is the text; empty: "text", or else "prompt"
  std::string id_key = {};       // of the one that is the prompt's name; empty: "id"
  std::size_t most = 1u << 30u;  // bytes of the file
};

/// By the file's extension: .csv and .tsv, a table with a header (csv.h; where a .csv has semicolons or tabs and no
/// commas, those); .jsonl and .ndjson, a JSON value a line; .json, a list of them, one alone, or one a line; anything
/// else, and "-", which reads standard input, one prompt a line. A JSON value is a text, or an object: {"ids": [1, 2]},
/// {"messages": [...]}, or a text under the key. What else stands beside it is kept as columns: texts as they are,
/// other values as JSON, null and empty cells left out; a column without a name is column_N. Blank lines and rows
/// without a text are left out with a warning; every other text is taken to the byte. Errors: a file that cannot be
/// read or is not what its name says, a key that is not there, a file that is not text (Parquet and other binary forms,
/// by name), no prompt at all, more than `most` bytes (resource).
Result<PromptFile> read_prompt_file(const std::string& file, const PromptFileOptions& options);

/// Bytes of text that may be read with this memory (bytes; 0: a quarter of the RAM).
std::size_t most_text(std::size_t memory);

/// The names of all columns of the prompts, in the order in which they are met.
std::vector<std::string> column_names(const std::vector<Prompt>& prompts);

}  // namespace sg
