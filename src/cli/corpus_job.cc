#include "cli/corpus_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/folder.h"
#include "base/number_text.h"
#include "base/text_file.h"
#include "cli/flags.h"
#include "cli/obtaining.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "corpus/part.h"
#include "report/corpus_report.h"
#include "report/document/corpus_document.h"
#include "report/file/output_file.h"
#include "report/text/model_text.h"

namespace sg {
namespace {

constexpr std::uint64_t kSampledBytes = 256 << 10;  // for the tokens of a byte: tokenized in a moment

/// "10M", "2.5B", "10000".
Result<std::uint64_t> parse_tokens(const std::string& text) {
  std::size_t used = 0;
  double number = 0;
  try {
    number = std::stod(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  const std::string unit = text.substr(used);
  const double factor = unit == "K" || unit == "k"   ? 1e3
                        : unit == "M"                ? 1e6
                        : unit == "B" || unit == "G" ? 1e9
                        : unit.empty()               ? 1
                                                     : 0;
  const double count = number * factor;
  if (used == 0 || !(count >= 1) || !(count < 1e18)) {
    return usage_error({.what = "--tokens is no number of tokens", .expected = "10000, 500K, 10M or 2B", .got = text});
  }
  return static_cast<std::uint64_t>(count);
}

/// As the plan keeps it: a place on this machine by its full name, so that work may start anywhere.
std::string lasting(const std::string& name) {
  std::error_code failure;
  if (!is_there(name)) return name;
  const std::filesystem::path whole = std::filesystem::absolute(name, failure);
  return failure ? name : whole.lexically_normal().string();
}

}  // namespace

void add_corpus_flags(CLI::App& command, CorpusArguments& a) {
  add_model(command, a.model);
  command
      .add_option(
          "FILE", a.files,
          "text, .jsonl with {\"text\"} or {\"ids\"}, .csv or .tsv, token ids as .npy or as .bin of two bytes each")
      ->required();
  add_value(command, "-o,--output", a.folder, "DIR", "the folder of the plan, its parts and the results");
  add_value(command, "--context", a.options.windows.context, "N", "tokens of a window; 1024 when not given")
      ->check(CLI::Range(2, 1 << 20));
  add_value(command, "--tokens", a.tokens, "N", "so many of the corpus, up to the end of a document: 10M");
  add_value(command, "--every", a.options.windows.every, "K", "one document of so many, chosen by a sum of its content")
      ->check(CLI::PositiveNumber);
  add_choice(command, "--documents", a.documents, {"blocks", "lines"},
             "text files: documents end at empty lines (blocks, when not given), or every line is one (lines)");
  add_value(command, "--text-key", a.options.documents.text_key, "KEY",
            "the key of the text in .jsonl, its column in a table; text when not given");
  command.add_flag("--no-bos", a.no_bos, "windows without the special token that the tokenizer puts first");
  command.add_flag("--no-logits", a.no_logits, "without entropy and loss: the unembedding is not applied");
  add_value(command, "--keep-every", a.options.keep_every, "N",
            "rows of every N-th token of a document, whole, in rows.csv")
      ->check(CLI::PositiveNumber);
  add_value(command, "--task", a.task, "BYTES", "bytes of a task, which is computed as one; 4MB when not given");
  add_precision(command, a.precision);
  add_memory(command, a.memory);
}

Result<CorpusOptions> options_of(const CorpusArguments& a) {
  if (a.folder.empty() && !a.plan) {
    return usage_error({.what = "a corpus needs a folder for its results", .hint = "Name one with -o DIR"});
  }
  CorpusOptions options = a.options;
  options.windows.with_bos = !a.no_bos;
  options.logits = !a.no_logits;
  options.precision = find_precision(a.precision).value_or(Precision::kFloat32);
  SG_TRY(options.text_form, form_named(a.documents));
  options.documents.context = options.windows.context;
  if (a.tokens.empty()) return options;
  SG_TRY(options.most_tokens, parse_tokens(a.tokens));
  return options;
}

Result<std::unique_ptr<CorpusJob>> open_corpus_job(const std::string& model, const CorpusOptions& corpus,
                                                   const std::string& memory, const Common& common) {
  SG_TRY(const std::filesystem::path path, obtain_model(model, common));
  SG_TRY(Model opened, open_model(path));
  use_precision(opened, corpus.precision);
  auto job = std::unique_ptr<CorpusJob>(
      new CorpusJob{.model = std::move(opened), .tokenizer = {}, .content_hash = {}, .options = {}});
  auto [facts, tokenizer] = acquaint(job->model);
  if (tokenizer.ok())
    job->tokenizer = std::move(tokenizer).value();
  else
    Console(common).info("without a tokenizer: " + tokenizer.error().message());
  job->options.facts = std::move(facts);
  SG_TRY_VOID(use_machine(common, memory, job->options));
  job->options.warn = [console = Console(common)](const std::string& warning) { console.warning(warning); };
  SG_TRY(job->content_hash, stoppable([&] { return content_hash(job->model, job->options.stop); }));
  const Tokenizer* names = job->tokenizer ? &*job->tokenizer : nullptr;
  SG_TRY(job->measurer, WindowMeasurer::create(job->model, names, corpus, job->options));
  return job;
}

Result<CorpusPlan> planned(const CorpusArguments& a, const CorpusJob& job) {
  SG_TRY(const CorpusOptions options, options_of(a));
  SG_TRY(const std::size_t task_bytes, parse_bytes(a.task, "--task"));
  std::vector<std::string> files;
  for (const std::string& file : a.files) files.push_back(lasting(file));
  const auto tokens_of = [&](const CorpusDocument& document) -> Result<std::uint64_t> {
    if (stop_requested()) return Error{.kind = ErrorKind::kInterrupted, .what = "interrupted"};
    SG_TRY(const std::vector<CorpusWindow> windows, job.measurer->windows(document, 0));
    std::uint64_t tokens = 0;
    for (const CorpusWindow& window : windows) tokens += window.ids.size();
    return tokens;
  };
  return stoppable([&] {
    return plan_corpus(lasting(a.model), job.content_hash, files, options, std::max<std::size_t>(task_bytes, 1),
                       tokens_of);
  });
}

Result<CorpusPlan> make_plan(const CorpusArguments& a, const CorpusJob& job) {
  SG_TRY(CorpusPlan plan, planned(a, job));
  const TaskFolder folder = {a.folder};
  const std::string text = plan_text(plan);
  SG_TRY(const bool stands, has_plan(folder, text));
  if (stands) return plan;
  SG_TRY_VOID(make_folder(folder.root));
  SG_TRY_VOID(write_output(folder.plan(), text));
  return plan;
}

Result<std::string> planned_text(const CorpusPlan& plan, const CorpusJob& job, const std::string& where) {
  SG_TRY(const WorkCost cost, cost_of(plan, job));
  return fmt::format("{} over {}, {} of text{}\n", counted(plan.tasks.size(), "task"),
                     counted(plan.documents(), "document"), bytes_text(plan.bytes()), where) +
         cost_text(cost);
}

Result<WorkCost> cost_of(const CorpusPlan& plan, const CorpusJob& job) {
  std::uint64_t bytes = 0, tokens = 0;
  for (const CorpusTask& task : plan.tasks) {
    if (bytes >= kSampledBytes) break;
    SG_TRY(DocumentReader reader, DocumentReader::open(task.range, plan.options.documents));
    while (bytes < kSampledBytes) {
      SG_TRY(const std::optional<CorpusDocument> document, reader.next());
      if (!document) break;
      bytes += document->end - document->begin;
      const Result<std::vector<CorpusWindow>> windows = job.measurer->windows(*document, 0);
      if (!windows.ok()) continue;  // whoever does the task says what is wrong
      for (const CorpusWindow& window : windows.value()) tokens += window.ids.size();
    }
  }
  const double share = static_cast<double>(plan.bytes()) / static_cast<double>(std::max<std::uint64_t>(bytes, 1)) /
                       static_cast<double>(std::max<std::uint64_t>(plan.options.windows.every, 1));
  Sequence window;
  window.ids.assign(plan.options.windows.context, 0);
  MeasureOptions measuring = job.options;
  measuring.logits = plan.options.logits ? LogitPositions::kAll : LogitPositions::kNone;
  SG_TRY(const Forecast one, forecast(job.model, {window}, measuring));
  const double all = static_cast<double>(tokens) * share;
  return WorkCost{.tokens = static_cast<std::uint64_t>(all),
                  .tasks = plan.tasks.size(),
                  .flops = one.plan.flops * all / static_cast<double>(window.ids.size()),
                  .weights = one.plan.bytes_read,
                  .pace = {one.flops_per_second, one.threads, one.isa}};
}

RunTask compute_on(const CorpusPlan& plan, CorpusJob& job, const Common& common) {
  auto bar = std::make_shared<ProgressBar>(common, static_cast<double>(plan.bytes()), "bytes");
  auto before = std::make_shared<std::uint64_t>(0);
  return [&plan, &job, bar, before](std::size_t i) -> Result<std::string> {
    const CorpusTask& task = plan.tasks.at(i);
    SG_TRY(const CorpusStatistics statistics, job.measurer->run(plan, task, [&](double share) {
      bar->update((static_cast<double>(*before) + share * static_cast<double>(task.bytes)) /
                  static_cast<double>(plan.bytes()));
    }));
    *before += task.bytes;
    return part_of(statistics);
  };
}

Result<void> write_corpus(const TaskFolder& folder, const CorpusPlan& plan, const Merged& merged,
                          const CorpusJob& job) {
  SG_TRY(const EngineFacts engine, engine_facts(job.options.threads, job.options.isa, plan.options.precision));
  CorpusResult report = {.plan = plan,
                         .model = *job.options.facts,
                         .engine = engine,
                         .statistics = merged.statistics,
                         .digest = digest(merged.statistics),
                         .parts = merged.parts,
                         .missing = merged.missing.size(),
                         .token_text = {}};
  if (job.tokenizer) report.token_text = [&](std::int32_t id) { return job.tokenizer->token_text(id); };
  SG_TRY_VOID(write_corpus_report(report, folder.root));
  return print(corpus_summary(report), {report.model.id});
}

}  // namespace sg
