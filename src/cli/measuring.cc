#include "cli/measuring.h"

#include <fmt/format.h>

#include "base/number_text.h"
#include "cli/flags.h"
#include "cli/progress.h"
#include "cli/remote_reading.h"
#include "cli/signals.h"
#include "measure/forecast.h"
#include "prompts/suites.h"
#include "prompts/target.h"
#include "report/text/plan_text.h"

namespace sg {
namespace {

Result<std::vector<std::int32_t>> targets_of(const MeasureArguments& arguments, const Job& job) {
  std::vector<std::int32_t> targets;
  if (arguments.targets == nullptr) return targets;
  for (const std::string& word : arguments.targets->results()) {
    SG_TRY(targets.emplace_back(), target_of(word, job.model.spec.vocab, job.names(), "--target"));
  }
  return targets;
}

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
    add_choice(command, "--logits", arguments.logits, {"last", "all", "none"},
               "positions whose output distribution is computed; last when not given");
  }
  add_memory(command, arguments.memory);
  add_choice(command, "--embed-scale", arguments.embed_scale, {"stored", "float32"},
             "of Gemma's embedding: stored (when not given), rounded to the checkpoint's type as transformers does "
             "in that type, or float32, as a float32 load has it");
  add_precision(command, arguments.precision);
  add_full_hash(command, arguments.full_hash);
  command.add_flag("--plan", arguments.plan, "print what would be read, the memory and the time, and stop");
}

Result<void> use_types(const MeasureArguments& arguments, Model& model) {
  const bool float32 = arguments.embed_scale == "float32";
  return use_types(model, float32 ? EmbedPrecision::kFloat32 : EmbedPrecision::kStored,
                   find_precision(arguments.precision).value_or(Precision::kFloat32));
}

Result<Job> prepare(const MeasureArguments& arguments, const Common& common, const std::vector<Output>& outputs) {
  const Console console(common);
  SG_TRY_VOID(check_full_hash(arguments.full_hash, arguments.remote));
  if (!has_prompts(arguments.prompts)) {
    return usage_error(
        {.what = "there is no prompt", .hint = "Give one with -p TEXT, --prompts FILE, --suite NAME or --ids 1,2,3"});
  }
  if (!arguments.prompts.suite.empty()) {
    SG_TRY([[maybe_unused]] const Suite known, find_suite(arguments.prompts.suite));  // before a model is opened
  }
  MeasureOptions options;
  SG_TRY_VOID(use_machine(common, arguments.memory, options));
  options.warn = [console](const std::string& warning) { console.warning(warning); };
  options.logits = positions_of(arguments.logits);
  options.lens = positions_of(arguments.lens);
  options.massive_multiple = arguments.massive_multiple;
  SG_TRY(OpenedCheckpoint opened, open_named(arguments.model, arguments.remote, common));
  SG_TRY(Model model, open_model(std::move(opened.checkpoint), opened.path));
  SG_TRY_VOID(use_types(arguments, model));
  std::vector<std::filesystem::path> inputs = model.checkpoint.model_files();
  if (!arguments.prompts.file.empty()) inputs.emplace_back(arguments.prompts.file);
  SG_TRY_VOID(spare_inputs(outputs, inputs));
  Job job = {.model = std::move(model), .tokenizer = std::nullopt, .sequences = {}, .options = std::move(options)};
  job.reader = opened.reader;
  job.remote_bytes = opened.bytes;
  auto [facts, tokenizer] = acquaint(job.model);
  SG_TRY_VOID(take_full_hash(arguments.full_hash, job.model, facts));
  job.options.facts = std::move(facts);
  SG_TRY(job.prompts,
         gather_prompts(arguments.prompts, {.vocabulary = job.model.spec.vocab, .memory = job.options.memory_budget},
                        console));
  if (tokenizer.ok()) {
    job.tokenizer = std::move(tokenizer).value();
  } else if (needs_tokenizer(job.prompts)) {
    Error error = std::move(tokenizer).error();
    error.hint += (error.hint.empty() ? "" : ". ") + std::string("Token ids need no tokenizer: --ids 1,2,3");
    return error;
  } else {
    console.info("without token texts: " + tokenizer.error().message());
  }
  PromptReader reader(job.names(), reading_of(arguments.prompts),
                      [&job] { return load_chat_source(job.model.checkpoint); });
  for (const Prompt& prompt : job.prompts) {
    SG_TRY(Sequence sequence, reader.read(prompt, job.sequences.size() + 1));
    job.sequences.push_back(std::move(sequence));
  }
  console.warnings(reader.warnings());
  if (const std::string idle = idle_chat_flags(arguments.prompts, job.prompts); !idle.empty()) console.warning(idle);
  SG_TRY(job.options.targets, targets_of(arguments, job));
  if (!job.options.targets.empty() && arguments.lens == "none") job.options.lens = LogitPositions::kLast;
  return job;
}

Result<void> check_fits(const Job& job) { return check_fits(job.model, job.sequences, job.options); }

void name_tokens(Job& job) {
  for (Sequence& sequence : job.sequences) name_tokens(sequence, job.names());
}

namespace {

/// Under a progress bar, with the names of all tokens.
template <class Run>
auto run_under_bar(Job& job, const Common& common, Run&& run) -> decltype(run(job.options)) {
  SG_TRY_VOID(check_fits(job));
  name_tokens(job);
  ProgressBar bar(common, static_cast<double>(job.tokens()), "tokens");
  MeasureOptions options = job.options;
  if (bar.shown()) options.progress = [&bar](double share) { bar.update(share); };
  return stoppable([&] { return run(options); });
}

}  // namespace

Result<Measurement> run_job(Job& job, const Common& common) {
  return run_under_bar(job, common, [&](const MeasureOptions& options) {
    return measure(job.model, job.names(), std::move(job.sequences), options);
  });
}

Result<MeasuredCloser> run_job(Job& job, const Closer& closer, const Common& common) {
  return run_under_bar(job, common, [&](const MeasureOptions& options) {
    return measure_closer(job.model, job.names(), std::move(job.sequences), closer, options);
  });
}

Result<std::vector<Sequence>> read_prompts(const Job& job, const PromptReading& reading) {
  PromptReader reader(job.names(), reading, [&job] { return load_chat_source(job.model.checkpoint); });
  std::vector<Sequence> sequences;
  for (const Prompt& prompt : job.prompts) {
    SG_TRY(sequences.emplace_back(), reader.read(prompt, sequences.size() + 1));
  }
  return sequences;
}

Result<int> print_plan(const Job& job, const std::string& more) {
  SG_TRY(const Forecast cost, forecast(job.model, job.sequences, job.options));
  SG_TRY_VOID(print(plan_text(cost) + more));
  return 0;
}

}  // namespace sg
