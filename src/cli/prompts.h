// Prompts of the command line, from every flag that gives some.
#pragma once

#include <string>
#include <vector>

#include "cli/common.h"
#include "prompts/prompt_reader.h"

namespace sg {

struct PromptArguments {
  CLI::Option* texts = nullptr;  // -p
  CLI::Option* ids = nullptr;    // --ids
  std::string file;              // --prompts
  std::string suite;             // --suite
  std::string text_key, id_key;  // of the file
  bool chat = false, no_generation_prompt = false;
  std::string system, template_values;
  std::string special;  // auto, none, bos; empty: auto
};
/// --special, its word in `special`.
CLI::Option* add_special(CLI::App& command, std::string& special);
void add_prompt_flags(CLI::App& command, PromptArguments& arguments);
/// Those of them that say how a file and its texts are read, for commands that bring prompts of their own.
void add_reading_flags(CLI::App& command, PromptArguments& arguments);
/// --axes, its words in `axes`.
CLI::Option* add_axes(CLI::App& command, std::vector<std::string>& axes);
bool has_prompts(const PromptArguments& arguments);

/// Whether one is a text, so that a tokenizer is needed.
bool needs_tokenizer(const std::vector<Prompt>& prompts);
/// A warning of flags of conversations where no prompt is one; empty otherwise.
std::string idle_chat_flags(const PromptArguments& arguments, const std::vector<Prompt>& prompts);
/// How the flags want texts to be read.
PromptReading reading_of(const PromptArguments& arguments);

struct PromptLimits {
  std::size_t vocabulary = 0;  // ids
  std::size_t memory = 0;      // bytes that --memory allows; 0: a quarter of the RAM
};

/// All prompts, in the order texts, file, suite, ids; says what was read of a file. Errors: no prompt at all or an
/// unknown suite (usage), ids that the model lacks; those of read_prompt_file, a file so large that reading it would
/// take more than the memory (resource).
Result<std::vector<Prompt>> gather_prompts(const PromptArguments& arguments, const PromptLimits& limits,
                                           const Console& console);

}  // namespace sg
