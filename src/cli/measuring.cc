#include "cli/measuring.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/number_text.h"
#include "base/system.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "measure/forecast.h"
#include "prompts/suites.h"
#include "report/text/plan_text.h"

namespace sg {
namespace {

LogitPositions positions_of(const std::string& word) {
  if (word == "all") return LogitPositions::kAll;
  return word == "none" ? LogitPositions::kNone : LogitPositions::kLast;
}

}  // namespace

std::size_t Job::tokens() const {
  std::size_t n = 0;
  for (const Sequence& s : sequences) n += s.ids.size();
  return n;
}

void add_measure_flags(CLI::App& command, MeasureArguments& arguments, bool with_logits) {
  add_prompt_flags(command, arguments.prompts);
  if (with_logits) {
    command
        .add_option("--logits", arguments.logits,
                    "positions whose output distribution is computed: last (when not given), all or none")
        ->check(CLI::IsMember({"last", "all", "none"}))
        ->type_name("WHICH");
  }
  add_memory(command, arguments.memory);
  command.add_flag("--plan", arguments.plan, "print what would be read, the memory and the time, and stop");
}

Result<Job> prepare(const MeasureArguments& arguments, const Common& common, const std::vector<Output>& outputs) {
  const Console console(common);
  if (!has_prompts(arguments.prompts)) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = "there is no prompt",
                 .hint = "Give one with -p TEXT, --prompts FILE, --suite NAME or --ids 1,2,3"};
  }
  if (!arguments.prompts.suite.empty()) {
    SG_TRY([[maybe_unused]] const Suite known, find_suite(arguments.prompts.suite));  // before a model is opened
  }
  MeasureOptions options;
  options.threads = common.threads;
  options.isa = common.isa;
  options.logits = positions_of(arguments.logits);
  options.lens = positions_of(arguments.lens);
  options.massive_multiple = arguments.massive_multiple;
  options.stop = &stop_requested();
  if (!arguments.memory.empty()) {
    SG_TRY(options.memory_budget, parse_bytes(arguments.memory, "--memory"));
  }
  SG_TRY(OpenedCheckpoint opened, open_named(arguments.model, arguments.remote, common));
  SG_TRY(Model model, open_model(std::move(opened.checkpoint), opened.path));
  std::vector<std::filesystem::path> inputs = model.checkpoint.model_files();
  if (!arguments.prompts.file.empty()) inputs.emplace_back(arguments.prompts.file);
  SG_TRY_VOID(spare_inputs(outputs, inputs));
  Job job = {.model = std::move(model), .tokenizer = std::nullopt, .sequences = {}, .options = std::move(options)};
  job.reader = opened.reader;
  job.remote_bytes = opened.bytes;
  auto [facts, tokenizer] = acquaint(job.model);
  job.options.facts = std::move(facts);
  if (tokenizer.ok()) {
    job.tokenizer = std::move(tokenizer).value();
  } else if (needs_tokenizer(arguments.prompts)) {
    Error error = std::move(tokenizer).error();
    error.hint += (error.hint.empty() ? "" : ". ") + std::string("Token ids need no tokenizer: --ids 1,2,3");
    return error;
  } else {
    console.info("without token texts: " + tokenizer.error().message());
  }
  SG_TRY(const std::vector<Prompt> prompts,
         gather_prompts(arguments.prompts, {.vocabulary = job.model.spec.vocab, .memory = job.options.memory_budget},
                        console));
  for (const Prompt& prompt : prompts) {
    SG_TRY(Sequence sequence, sequence_of(prompt, job.names(), job.sequences.size() + 1));
    job.sequences.push_back(std::move(sequence));
  }
  return job;
}

Result<void> check_fits(const Job& job) {
  const std::uint64_t needs = plan(job.model, job.sequences, job.options).peak_bytes, has = usable_memory_bytes();
  if (has == 0 || needs <= has) return {};
  return Error{.kind = ErrorKind::kResource,
               .what = "the machine has too little memory for the longest prompt",
               .expected = fmt::format("at most {}", bytes_text(has)),
               .got = fmt::format("a plan of {}", bytes_text(needs)),
               .hint = "--plan shows what takes it"};
}

void name_tokens(Job& job) {
  for (Sequence& sequence : job.sequences) name_tokens(sequence, job.names());
}

Result<Measurement> run_job(Job& job, const Common& common) {
  SG_TRY_VOID(check_fits(job));
  name_tokens(job);
  ProgressBar bar(common, static_cast<double>(job.tokens()), "tokens");
  MeasureOptions options = job.options;
  if (bar.shown()) options.progress = [&bar](double share) { bar.update(share); };
  return stoppable([&] { return measure(job.model, job.names(), std::move(job.sequences), options); });
}

Result<int> print_plan(const Job& job, const std::string& more) {
  SG_TRY(const Forecast cost, forecast(job.model, job.sequences, job.options));
  SG_TRY_VOID(print(plan_text(cost) + more));
  return 0;
}

}  // namespace sg
