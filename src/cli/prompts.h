// Prompts of the command line, from every flag that gives some, as token sequences.
#pragma once

#include <string>
#include <vector>

#include "cli/common.h"
#include "experiment/file/suites.h"
#include "measure/row.h"
#include "model/model.h"

namespace sg {

struct PromptArguments {
  CLI::Option* texts = nullptr;  // -p
  CLI::Option* ids = nullptr;    // --ids
  std::string file;              // --prompts
  std::string suite;             // --suite
};
void add_prompt_flags(CLI::App& command, PromptArguments& arguments);
bool has_prompts(const PromptArguments& arguments);

/// All prompts with their token texts, in the order texts, file, suite, ids. Errors: no prompt at all (usage), an
/// empty prompt, text that is not UTF-8, ids that the model lacks, an unknown suite, a file that cannot be read.
/// `tokenizer` may be null when only ids were given.
Result<std::vector<Sequence>> gather_prompts(const PromptArguments& arguments, const Tokenizer* tokenizer,
                                             std::size_t vocab_size, const Console& console);

/// Whether text was given, so that a tokenizer is needed.
bool needs_tokenizer(const PromptArguments& arguments);

/// A whole file, or standard input for "-".
Result<std::string> read_text_file(const std::string& file);

/// One prompt a line; .json: an array of strings or of {"text", "category"}; .jsonl: one such value a line.
/// Empty lines are left out with a warning.
Result<std::vector<Prompt>> read_prompt_file(const std::string& file, const Console& console);

}  // namespace sg
