// Prompts of the command line, from every flag that gives some.
#pragma once

#include <string>
#include <vector>

#include "cli/common.h"
#include "prompts/prompt.h"

namespace sg {

struct PromptArguments {
  CLI::Option* texts = nullptr;  // -p
  CLI::Option* ids = nullptr;    // --ids
  std::string file;              // --prompts
  std::string suite;             // --suite
};
void add_prompt_flags(CLI::App& command, PromptArguments& arguments);
bool has_prompts(const PromptArguments& arguments);

/// Whether text was given, so that a tokenizer is needed.
bool needs_tokenizer(const PromptArguments& arguments);

struct PromptLimits {
  std::size_t vocabulary = 0;  // ids
  std::size_t memory = 0;      // bytes that --memory allows; 0: a quarter of the RAM
};

/// All prompts, in the order texts, file, suite, ids. Errors: no prompt at all or an unknown suite (usage), ids that
/// the model lacks; those of read_prompt_file, a file so large that reading it would take more than the memory
/// (resource).
Result<std::vector<Prompt>> gather_prompts(const PromptArguments& arguments, const PromptLimits& limits,
                                           const Console& console);

}  // namespace sg
