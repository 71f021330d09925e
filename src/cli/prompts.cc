#include "cli/prompts.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>

#include "base/system.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

constexpr std::size_t kShownText = 40;  // columns of a prompt in a message

std::string place(std::size_t number, const std::string& text) {
  return fmt::format("prompt {} (\"{}\")", number, shortened(text, kShownText));
}

Result<Sequence> tokenize_prompt(Prompt prompt, const Tokenizer& tokenizer, std::size_t number) {
  if (prompt.text.empty()) {
    return Error{.what = "the prompt is empty",
                 .where = fmt::format("prompt {}", number),
                 .hint = "to measure a special token alone, give its id with --ids"};
  }
  auto ids = tokenizer.encode(prompt.text);
  if (!ids.ok()) {
    Error error = std::move(ids).error();
    error.where = place(number, prompt.text) + (error.where.empty() ? "" : ": " + error.where);
    return error;
  }
  Sequence sequence;
  sequence.ids = std::move(ids).value();
  if (sequence.ids.empty()) return Error{.what = "the prompt has no tokens", .where = place(number, prompt.text)};
  sequence.text = std::move(prompt.text);
  if (!prompt.category.empty()) sequence.category = std::move(prompt.category);
  return sequence;
}

Error not_ids(const std::string& text) {
  return {.kind = ErrorKind::kUsage,
          .what = "not a list of token ids",
          .where = "--ids",
          .expected = "integers with commas, as 1,2,3",
          .got = shortened("'" + text + "'", kShownText)};
}

Result<Sequence> parse_ids(const std::string& text, std::size_t vocab_size, std::size_t number) {
  Sequence sequence;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    while (at != end && *at == ' ') ++at;
    std::int64_t id = 0;
    const auto [next, failure] = std::from_chars(at, end, id);
    if (failure == std::errc::invalid_argument) return not_ids(text);
    if (failure != std::errc() || id < 0 || static_cast<std::uint64_t>(id) >= vocab_size) {
      return Error{.what = fmt::format("id {} at position {} is outside the vocabulary", std::string(at, next),
                                       sequence.ids.size()),
                   .where = fmt::format("prompt {}", number),
                   .expected = fmt::format("an id from 0 to {} (the vocabulary has {})", vocab_size - 1, vocab_size),
                   .got = std::string(at, next)};
    }
    sequence.ids.push_back(static_cast<std::int32_t>(id));
    at = next;
    while (at != end && *at == ' ') ++at;
    if (at == end) return sequence;
    if (*at != ',') return not_ids(text);
    ++at;
  }
}

/// Bytes of text that may be read: each takes about ten until it is measured, with its ids and the texts of its tokens.
std::size_t most_text(std::size_t memory) {
  constexpr std::size_t kBytesPerByte = 10, kAlways = std::size_t{1} << 20;
  return std::max(kAlways, (memory > 0 ? memory : usable_memory_bytes() / 4) / kBytesPerByte);
}

Result<std::vector<Prompt>> gather_texts(const PromptArguments& arguments, std::size_t memory, const Console& console) {
  std::vector<Prompt> prompts;
  for (const std::string& text : arguments.texts->results()) prompts.push_back({text, ""});
  if (!arguments.file.empty()) {
    SG_TRY(std::vector<Prompt> more, read_prompt_file(arguments.file, most_text(memory), console));
    std::move(more.begin(), more.end(), std::back_inserter(prompts));
  }
  if (!arguments.suite.empty()) {
    SG_TRY(Suite suite, find_suite(arguments.suite));
    std::move(suite.prompts.begin(), suite.prompts.end(), std::back_inserter(prompts));
  }
  return prompts;
}

}  // namespace

void add_prompt_flags(CLI::App& command, PromptArguments& arguments) {
  const std::string group = "Prompts";
  const auto repeated = [&](const char* names, const char* type, const std::string& help) {
    // One value per flag, taken as it is: a prompt may look like a list or begin with a dash.
    return command.add_option(names, help)
        ->type_name(type)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false)
        ->group(group);
  };
  arguments.texts = repeated("-p,--prompt", "TEXT", "a prompt; repeat it for more");
  command
      .add_option("--prompts", arguments.file,
                  "prompts from a file: one a line, or .json, .jsonl with text and category; - reads standard input")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--suite", arguments.suite, "a built-in suite of prompts, see list suites")
      ->type_name("NAME")
      ->group(group);
  arguments.ids = repeated("--ids", "1,2,3", "token ids instead of text; repeat it for more prompts");
}

bool needs_tokenizer(const PromptArguments& arguments) {
  return arguments.texts->count() > 0 || !arguments.file.empty() || !arguments.suite.empty();
}

bool has_prompts(const PromptArguments& arguments) { return needs_tokenizer(arguments) || arguments.ids->count() > 0; }

Result<std::vector<Sequence>> gather_prompts(const PromptArguments& arguments, const Tokenizer* tokenizer,
                                             const PromptLimits& limits, const Console& console) {
  if (!has_prompts(arguments)) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = "there is no prompt",
                 .hint = "Give one with -p TEXT, --prompts FILE, --suite NAME or --ids 1,2,3"};
  }
  std::vector<Sequence> sequences;
  SG_TRY(std::vector<Prompt> prompts, gather_texts(arguments, limits.memory, console));
  SG_CHECK(prompts.empty() || tokenizer != nullptr, "text without a tokenizer");
  for (Prompt& prompt : prompts) {
    SG_TRY(Sequence sequence, tokenize_prompt(std::move(prompt), *tokenizer, sequences.size() + 1));
    sequences.push_back(std::move(sequence));
  }
  for (const std::string& text : arguments.ids->results()) {
    SG_TRY(Sequence sequence, parse_ids(text, limits.vocabulary, sequences.size() + 1));
    sequences.push_back(std::move(sequence));
  }
  return sequences;
}

}  // namespace sg
