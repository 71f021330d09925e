#include "cli/prompts.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iterator>

#include "base/system.h"
#include "prompts/prompt_file.h"
#include "prompts/suites.h"

namespace sg {
namespace {

/// Bytes of text that may be read: each takes about ten until it is measured, with its ids and the texts of its tokens.
std::size_t most_text(std::size_t memory) {
  constexpr std::size_t kBytesPerByte = 10, kAlways = std::size_t{1} << 20;
  return std::max(kAlways, (memory > 0 ? memory : usable_memory_bytes() / 4) / kBytesPerByte);
}

}  // namespace

void add_prompt_flags(CLI::App& command, PromptArguments& arguments) {
  const std::string group = "Prompts";
  arguments.texts = add_repeated(command, "-p,--prompt", "TEXT", "a prompt; repeat it for more")->group(group);
  command
      .add_option("--prompts", arguments.file,
                  "prompts from a file: one a line, or .json, .jsonl with text and category; - reads standard input")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--suite", arguments.suite, "a built-in suite of prompts, see list suites")
      ->type_name("NAME")
      ->group(group);
  arguments.ids =
      add_repeated(command, "--ids", "1,2,3", "token ids instead of text; repeat it for more prompts")->group(group);
}

bool needs_tokenizer(const PromptArguments& arguments) {
  return arguments.texts->count() > 0 || !arguments.file.empty() || !arguments.suite.empty();
}

bool has_prompts(const PromptArguments& arguments) { return needs_tokenizer(arguments) || arguments.ids->count() > 0; }

Result<std::vector<Prompt>> gather_prompts(const PromptArguments& arguments, const PromptLimits& limits,
                                           const Console& console) {
  std::vector<Prompt> prompts;
  for (const std::string& text : arguments.texts->results()) prompts.push_back(text_prompt(text));
  if (!arguments.file.empty()) {
    SG_TRY(PromptFile file, read_prompt_file(arguments.file, most_text(limits.memory)));
    console.warnings(file.warnings);
    std::ranges::move(file.prompts, std::back_inserter(prompts));
  }
  if (!arguments.suite.empty()) {
    SG_TRY(Suite suite, find_suite(arguments.suite));
    std::ranges::move(suite.prompts, std::back_inserter(prompts));
  }
  for (const std::string& text : arguments.ids->results()) {
    Prompt prompt;
    SG_TRY(prompt.ids, parse_ids(text, limits.vocabulary, "--ids", prompts.size() + 1));
    prompts.push_back(std::move(prompt));
  }
  return prompts;
}

}  // namespace sg
