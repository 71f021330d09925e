// streamgauge pull: a model of the Hub into the cache, verified.
#include <fmt/format.h>
#include <iostream>

#include "base/number_text.h"
#include "cli/flags.h"
#include "cli/obtaining.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "hub/audit.h"
#include "io/in_quotes.h"
#include "report/text/model_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

struct Arguments {
  std::string model, token;
  FileGlobs globs;
  bool audit = false;
  std::vector<std::string> revisions;
};

std::string audit_text(const std::string& repo, const Audit& audit) {
  TextTable table({left("revision"), left("commit"), left("weights"), "size", left("the same as")});
  constexpr std::size_t kDigits = 12;
  for (const AuditedRef& ref : audit.refs) {
    const bool none = ref.weights.empty();
    table.row({ref.name, ref.commit.substr(0, kDigits), none ? "none" : ref.weights.substr(0, kDigits),
               none ? "" : bytes_text(ref.bytes), ref.same_as + (ref.same_commit ? " (one commit)" : "")});
  }
  return table.text() + fmt::format("\n{}: {}, {} different weights; {} hold the bytes of another one\n", repo,
                                    counted(audit.refs.size(), "revision"), audit.distinct, audit.repeated);
}

Result<int> audit_repo(Hub& hub, const HubId& id, const Arguments& a, const Common& common) {
  Result<Audit> found = Error{};
  {
    ProgressBar bar(common, 1.0, "");
    const auto progress = [&bar](std::size_t done, std::size_t all) {
      bar.update(static_cast<double>(done) / static_cast<double>(all));
    };
    found = stoppable([&] { return audit(hub, id.repo, a.revisions, progress); });
  }
  SG_TRY(const Audit audited, std::move(found));
  SG_TRY_VOID(print(audit_text(id.repo, audited)));
  return 0;
}

/// "-": the first line of standard input, so that the token stands in no list of processes.
Result<std::string> token_of(const std::string& flag) {
  if (flag.empty()) return flag;
  std::string text = flag;
  if (flag == "-") std::getline(std::cin, text);
  if (const auto token = cleaned_token(text)) return *token;
  return usage_error({.what = "no token", .where = "--token"});
}

Result<int> run(const Arguments& a, const Common& common) {
  const std::optional<HubId> id = parse_hub_id(a.model);
  if (!id) {
    return usage_error({.what = "not the name of a model of the Hub",
                        .where = in_quotes(a.model),
                        .expected = "ORG/NAME, ORG/NAME@REV or ORG/NAME:QUANT"});
  }
  SG_TRY(const std::string token, token_of(a.token));
  SG_TRY(Hub hub, open_hub(common, token));
  if (a.audit) return audit_repo(hub, *id, a, common);
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
  add_list(*command, "--include", a->globs.include, "GLOB",
           "files that match instead of those that a model is read from; * also matches '/'; repeatable");
  add_list(*command, "--exclude", a->globs.exclude, "GLOB", "but not these; repeatable");
  CLI::Option* audit =
      command->add_flag("--audit", a->audit,
                        "fetch nothing: which branches and tags hold the same weights, from the Hub's listings alone");
  add_list(*command, "--revisions", a->revisions, "GLOB",
           "with --audit: branches and tags that match; all when not given; repeatable")
      ->needs(audit);
  add_value(*command, "--token", a->token, "TOKEN|-", "in place of the stored token; - reads it from standard input");
  finish_command(program, *command, "streamgauge pull HuggingFaceTB/SmolLM2-135M",
                 [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
