// What corpus, plan, work and merge share: a plan from flags, a model to work on it, and the results as files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/common.h"
#include "corpus/plan.h"
#include "corpus/task_run.h"
#include "corpus/work.h"

namespace sg {

struct CorpusArguments {
  std::string model, folder, memory;
  std::vector<std::string> files;
  std::string tokens, documents = "blocks", task = "4MB";
  CorpusOptions options;
  bool no_bos = false, no_logits = false;
};
/// MODEL, FILE... and what a plan is made of.
void add_corpus_flags(CLI::App& command, CorpusArguments& arguments);

/// A model with all that its tasks need. Not movable: the measurer points into it.
struct CorpusJob {
  Model model;
  std::optional<Tokenizer> tokenizer;
  std::string content_hash;
  MeasureOptions options;
  std::unique_ptr<WindowMeasurer> measurer = {};
};
Result<std::unique_ptr<CorpusJob>> open_corpus_job(const std::string& model, const CorpusOptions& corpus,
                                                   const std::string& memory, const Common& common);

/// The plan that the arguments say, written as plan.json where there is none yet. Errors: another plan stands there.
Result<CorpusPlan> make_plan(const CorpusArguments& arguments, const CorpusJob& job);
/// The options as flags gave them. Errors (usage): a context of fewer than two tokens, no such unit.
Result<CorpusOptions> options_of(const CorpusArguments& arguments);

/// Works on the plan under a progress bar.
Result<WorkDone> work_on(const PlanFolder& folder, const CorpusPlan& plan, CorpusJob& job, const WorkOptions& options,
                         const Common& common);

/// corpus.json, the tables, scales.json and summary.txt in the folder; the summary is printed.
Result<void> write_corpus(const PlanFolder& folder, const CorpusPlan& plan, const Merged& merged, const CorpusJob& job);

}  // namespace sg
