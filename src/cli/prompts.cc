#include "cli/prompts.h"

#include <algorithm>
#include <iterator>

#include "base/json_reader.h"
#include "cli/flags.h"
#include "experiment/file/reading.h"
#include "prompts/prompt_file.h"
#include "prompts/suites.h"

namespace sg {
namespace {

constexpr const char* kGroup = "Prompts";

/// A JSON object, as the chat template needs it.
CLI::Validator json_object() {
  return CLI::Validator(
      [](std::string& text) {
        JsonDocument document;
        const Result<JsonReader> root = document.parse(text, "");
        if (root.ok() && root.value().is_object()) return std::string();
        return "not a JSON object; expected one as {\"enable_thinking\": false}, got '" + text + "'";
      },
      "");
}

void add_chat_flags(CLI::App& command, PromptArguments& arguments) {
  command
      .add_flag("--chat", arguments.chat, "texts are what a user says, and are put through the model's chat template")
      ->group(kGroup);
  add_value(command, "--system", arguments.system, "TEXT", "what the system says first, in a conversation")
      ->group(kGroup);
  command
      .add_flag("--no-generation-prompt", arguments.no_generation_prompt,
                "a conversation ends with what was said, not with the head of the model's answer")
      ->group(kGroup);
  add_value(command, "--chat-template-kwargs", arguments.template_values, "JSON",
            "what else the chat template may ask for, as {\"enable_thinking\": false}")
      ->check(json_object())
      ->group(kGroup);
}

}  // namespace

CLI::Option* add_special(CLI::App& command, std::string& special) {
  return add_choice(
      command, "--special", special, {"auto", "none", "bos"},
      "special tokens around a text: auto (when not given), those that the tokenizer adds; none; bos, its BOS alone");
}

void add_reading_flags(CLI::App& command, PromptArguments& arguments) {
  add_value(command, "-f,--prompts", arguments.file, "FILE",
            "prompts from a file: .csv or .tsv with a header, .jsonl, .json, or one a line; - reads standard input")
      ->group(kGroup);
  add_value(command, "--text-key", arguments.text_key, "NAME",
            "the file's column or key that is the text; text or prompt when not given")
      ->group(kGroup);
  add_value(command, "--id-key", arguments.id_key, "NAME",
            "the file's column or key that names a prompt; id when not given")
      ->group(kGroup);
  add_special(command, arguments.special)->group(kGroup);
  add_chat_flags(command, arguments);
}

void add_prompt_flags(CLI::App& command, PromptArguments& arguments) {
  arguments.texts = add_repeated(command, "-p,--prompt", "TEXT", "a prompt; repeat it for more")->group(kGroup);
  add_reading_flags(command, arguments);
  add_value(command, "--suite", arguments.suite, "SUITE", "a built-in suite of prompts, see list suites")
      ->group(kGroup);
  arguments.ids =
      add_repeated(command, "--ids", "1,2,3", "token ids instead of text; repeat it for more prompts")->group(kGroup);
}

CLI::Option* add_axes(CLI::App& command, std::vector<std::string>& axes) {
  std::vector<std::string> known;
  for (const ReadingAxis& axis : reading_axes()) {
    for (const std::string_view word : {axis.name, axis.also}) {
      if (!word.empty()) known.emplace_back(word);
    }
  }
  return add_value(
             command, "--axes", axes, "AXIS,...",
             "choices that need another measurement and are varied besides, by commas: special (or bos), the "
             "special tokens around a text; chat, the chat template; precision, the type that is computed as if in")
      ->delimiter(',')
      ->check(CLI::IsMember(known));
}

bool has_prompts(const PromptArguments& arguments) {
  return arguments.texts->count() > 0 || arguments.ids->count() > 0 || !arguments.file.empty() ||
         !arguments.suite.empty();
}

bool needs_tokenizer(const std::vector<Prompt>& prompts) {
  return std::ranges::any_of(prompts, [](const Prompt& prompt) { return prompt.ids.empty(); });
}

std::string idle_chat_flags(const PromptArguments& a, const std::vector<Prompt>& prompts) {
  const auto is_conversation = [](const Prompt& prompt) { return !prompt.messages.empty(); };
  if (a.chat || std::ranges::any_of(prompts, is_conversation)) return "";
  std::string flags;
  const auto add = [&](bool given, const char* flag) {
    if (given) flags += (flags.empty() ? "" : ", ") + std::string(flag);
  };
  add(!a.system.empty(), "--system");
  add(a.no_generation_prompt, "--no-generation-prompt");
  add(!a.template_values.empty(), "--chat-template-kwargs");
  return flags.empty() ? "" : flags + " without effect: no prompt is a conversation. --chat makes them such";
}

PromptReading reading_of(const PromptArguments& arguments) {
  return {.special = find_special(arguments.special).value_or(Special::kAuto),
          .chat = arguments.chat,
          .system = arguments.system,
          .generation_prompt = !arguments.no_generation_prompt,
          .values = arguments.template_values};
}

Result<std::vector<Prompt>> gather_prompts(const PromptArguments& arguments, const PromptLimits& limits,
                                           const Console& console) {
  std::vector<Prompt> prompts;
  if (arguments.file.empty() && !(arguments.text_key + arguments.id_key).empty()) {
    return usage_error(
        {.what = "--text-key and --id-key name columns of a file", .expected = "--prompts FILE with them"});
  }
  for (const std::string& text : arguments.texts->results()) prompts.push_back(text_prompt(text));
  if (!arguments.file.empty()) {
    SG_TRY(PromptFile file, read_prompt_file(arguments.file, {.text_key = arguments.text_key,
                                                              .id_key = arguments.id_key,
                                                              .most = most_text(limits.memory)}));
    console.warnings(file.warnings);
    console.note(file.said);
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
