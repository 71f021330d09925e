// streamgauge corpus: exact statistics of many documents.

#include "base/thread_pool.h"
#include "cli/corpus_job.h"
#include "cli/flags.h"
#include "cli/signals.h"

namespace sg {
namespace {

Result<int> run(const CorpusArguments& a, const Common& common) {
  SG_TRY(const CorpusOptions options, options_of(a));
  SG_TRY(const std::unique_ptr<CorpusJob> job, open_corpus_job(a.model, options, a.memory, common));
  if (a.plan) {
    SG_TRY(const CorpusPlan plan, planned(a, *job));
    SG_TRY(const std::string text, planned_text(plan, *job, ""));
    SG_TRY_VOID(print(text));
    return 0;
  }
  SG_TRY(const CorpusPlan plan, make_plan(a, *job));
  const TaskFolder folder = {a.folder};
  const WorkOptions working = {.version = engine_version(),
                               .stop = job->options.stop,
                               .resource_ends = !job->options.device.empty() && job->options.device != "cpu"};
  SG_TRY_VOID(stoppable([&] { return work(folder, tasks_of(plan), working, compute_on(plan, *job, common)); }));
  const int threads = common.threads > 0 ? common.threads : available_threads();
  SG_TRY(const Merged merged, merge(folder, plan, {.threads = static_cast<std::size_t>(threads)}));
  SG_TRY_VOID(write_corpus(folder, plan, merged, *job));
  return 0;
}

}  // namespace

void add_corpus(Program& program) {
  auto a = std::make_shared<CorpusArguments>();
  CLI::App* command = program.app.add_subcommand(
      "corpus", "norms, gains and losses over many documents, exactly, in memory that does not grow with them");
  add_corpus_flags(*command, *a);
  command->add_flag("--plan", a->plan, "print what would be measured and what it costs, and stop; nothing is written");
  add_device(*command, program.common);
  finish_command(program, *command,
                 "streamgauge corpus SmolLM2-135M-Instruct.Q4_1.gguf book.txt --context 1024 --tokens 1M -o book",
                 [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
