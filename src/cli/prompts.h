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

struct PromptLimits {
  std::size_t vocabulary = 0;  // ids
  std::size_t memory = 0;      // bytes that --memory allows; 0: a quarter of the RAM
};

/// All prompts, in the order texts, file, suite, ids; without the texts of their tokens. Errors: no prompt at all or an
/// unknown suite (usage), an empty prompt, text that is not UTF-8, ids that the model lacks, a file that cannot be
/// read; a file so large that reading it would take more than the memory (resource).
/// `tokenizer` may be null when only ids were given.
Result<std::vector<Sequence>> gather_prompts(const PromptArguments& arguments, const Tokenizer* tokenizer,
                                             const PromptLimits& limits, const Console& console);

/// Whether text was given, so that a tokenizer is needed.
bool needs_tokenizer(const PromptArguments& arguments);

inline constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);
/// A whole file without its byte order mark, or standard input for "-". Errors: a file that cannot be read; more than
/// `most` bytes (resource).
Result<std::string> read_text_file(const std::string& file, std::size_t most = kNoLimit);

/// One prompt a line; .json: an array of strings or of {"text", "category"}; .jsonl: one such value a line.
/// Empty lines are left out with a warning.
Result<std::vector<Prompt>> read_prompt_file(const std::string& file, std::size_t most, const Console& console);

}  // namespace sg
