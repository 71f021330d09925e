// streamgauge pull: a model of the Hub into the cache, verified.
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/common.h"
#include "cli/obtaining.h"
#include "io/in_quotes.h"

namespace sg {
namespace {

struct Arguments {
  std::string model, token;
  FileGlobs globs;
};

/// "-": the first line of standard input, so that the token stands in no list of processes.
Result<std::string> token_of(const std::string& flag) {
  if (flag.empty()) return flag;
  std::string text = flag;
  if (flag == "-") std::getline(std::cin, text);
  if (const auto token = cleaned_token(text)) return *token;
  return Error{.kind = ErrorKind::kUsage, .what = "no token", .where = "--token"};
}

Result<int> run(const Arguments& a, const Common& common) {
  const std::optional<HubId> id = parse_hub_id(a.model);
  if (!id) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = "not the name of a model of the Hub",
                 .where = in_quotes(a.model),
                 .expected = "ORG/NAME, ORG/NAME@REV or ORG/NAME:QUANT"};
  }
  SG_TRY(const std::string token, token_of(a.token));
  SG_TRY(Hub hub, open_hub(common, token));
  SG_TRY(const PullPlan plan, plan_pull(hub, *id, a.globs));
  SG_TRY_VOID(pull_with_progress(hub, plan, common));
  SG_TRY_VOID(print(plan.snapshot.string() + "\n"));
  return 0;
}

}  // namespace

void add_pull(Program& program) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command =
      program.app.add_subcommand("pull", "fetch a model from the Hugging Face Hub into the cache, verified");
  command->add_option("MODEL", a->model, "ORG/NAME[@REV], or ORG/NAME[@REV]:QUANT for one GGUF of several")->required();
  command
      ->add_option("--include", a->globs.include,
                   "files that match instead of those that a model is read from; * also matches '/'; repeatable")
      ->allow_extra_args(false)
      ->type_name("GLOB");
  command->add_option("--exclude", a->globs.exclude, "but not these; repeatable")
      ->allow_extra_args(false)
      ->type_name("GLOB");
  command->add_option("--token", a->token, "in place of the stored token; - reads it from standard input")
      ->type_name("TOKEN|-");
  finish_command(program, *command, "streamgauge pull HuggingFaceTB/SmolLM2-135M",
                 [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
