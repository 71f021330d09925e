#include "cli/flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "base/nearest.h"

namespace sg {
namespace {

constexpr int kMostThreads = 4096;  // far above any machine; a larger number is a slip

/// Without a description: the type's name says the words already.
CLI::Validator one_of(std::vector<std::string> words) {
  return CLI::Validator(
      [words = std::move(words)](std::string& word) {
        return std::ranges::find(words, word) != words.end() ? std::string()
                                                             : unknown_word("unknown word", "", word, words).message();
      },
      "");
}

/// The option of a file or a folder that was given "", which is not the same as not given.
std::string file_without_name(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    const std::string type = option->get_type_name();
    const bool names_file = type.starts_with("FILE") || type.starts_with("DIR") || type.starts_with("FOLDER");
    if (names_file && std::ranges::find(option->results(), "") != option->results().end()) return option->get_name();
  }
  return {};
}

}  // namespace

std::string finite(const std::string& number) {
  return std::isfinite(std::strtod(number.c_str(), nullptr)) ? "" : "expected a finite number, got " + number;
}

void add_model(CLI::App& command, std::string& model, const std::string& help) {
  constexpr const char* kModel = "a folder with safetensors, a .gguf file, or ORG/NAME[@REV][:QUANT] of the Hub";
  add_value(command, "-m,--model,MODEL", model, "MODEL", help.empty() ? kModel : help)->required();
}

void add_json(CLI::App& command, std::string& file, const std::string& help) {
  add_value(command, "--json", file, "FILE|-", help);
}

void add_csv(CLI::App& command, std::string& file, const std::string& help) {
  add_value(command, "--csv", file, "FILE|-", help);
}

void add_memory(CLI::App& command, std::string& bytes) {
  add_value(command, "--memory", bytes, "BYTES",
            "activations per pass over the weights, as 512MB or 1.5G; a quarter of the RAM when not given");
}

void add_precision(CLI::App& command, std::string& word) {
  add_choice(command, "--precision", word, {"float32", "bfloat16", "float16"},
             "float32 (when not given), the instrument's own, or as if in bfloat16 or float16: rounded where a run of "
             "transformers in that type rounds (docs/numerics.md)");
}

CLI::Option* add_choice(CLI::App& command, const std::string& names, std::string& word,
                        const std::vector<std::string>& words, const std::string& help) {
  return command.add_option(names, word, help)
      ->check(one_of(words))
      ->type_name(fmt::format("{}", fmt::join(words, "|")));
}

CLI::Option* add_repeated(CLI::App& command, const std::string& names, const std::string& type,
                          const std::string& help) {
  return command.add_option(names, help)
      ->type_name(type)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

void add_common_flags(CLI::App& app, Common& c) {
  static const std::map<std::string, LogLevel> levels = {{"error", LogLevel::kError},
                                                         {"warning", LogLevel::kWarning},
                                                         {"info", LogLevel::kInfo},
                                                         {"debug", LogLevel::kDebug}};
  const std::string group = kCommonGroup;
  add_value(app, "-t,--threads", c.threads, "N", "threads; all that the process may use when not given")
      ->check(CLI::Range(1, kMostThreads))
      ->group(group);
  add_value(app, "--isa", c.isa, "NAME", "instruction set, see doctor; the best when not given")->group(group);
  app.add_flag("--quiet", c.quiet, "errors only on standard error")->group(group);
  app.add_flag("--no-progress", c.no_progress, "no progress bar")->group(group);
  app.add_flag("--offline", c.offline, "models of this machine only; as HF_HUB_OFFLINE=1")->group(group);
  app.add_option_function<std::string>(
         "--log-level", [&c](const std::string& text) { c.log_level = levels.at(text); },
         "what is said on standard error; warning when not given")
      ->check(one_of({"error", "warning", "info", "debug"}))
      ->type_name("error|warning|info|debug")
      ->group(group);
}

void add_device(CLI::App& command, Common& c) {
  add_value(
      command, "--device", c.device, "cpu|cuda|auto",
      "what the passes run on: the processor (when not given), a GPU (cuda, cuda:1), several that share the prompts "
      "out (cuda:0,1, cuda:all), or a GPU that check --device cuda has passed here and else the processor; the numbers "
      "are the same (docs/cuda.md)");
}

void finish_command(Program& program, CLI::App& command, const std::string& example, std::function<Result<int>()> run) {
  add_common_flags(command, program.common);
  command.footer("Example:\n  " + example);
  command.callback([&program, &command, run = std::move(run)] {
    if (const std::string nameless = file_without_name(command); !nameless.empty())
      throw CLI::ValidationError(nameless, "an empty name");
    program.action = run;
  });
}

Result<void> check_only(const CLI::App& command, const std::vector<std::string>& taken, const std::string& what) {
  for (const CLI::Option* option : command.get_options()) {
    const std::vector<std::string>& names = option->get_lnames();
    const bool argument = option->get_positional() || names.empty();
    if (argument || option->count() == 0 || option->get_group() == kCommonGroup) continue;
    if (std::ranges::find(taken, names.front()) != taken.end()) continue;
    std::string known;
    for (const std::string& name : taken) known += (known.empty() ? "--" : ", --") + name;
    return usage_error(
        {.what = what, .where = "--" + names.front(), .expected = known.empty() ? "" : "no flags but " + known});
  }
  return {};
}

}  // namespace sg
