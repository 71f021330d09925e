// What corpus, plan, work and merge share: a plan from flags, a model to work on it, and the results as files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/common.h"
#include "corpus/merge.h"
#include "corpus/plan.h"
#include "corpus/task_run.h"
#include "report/text/status_text.h"

namespace sg {

struct CorpusArguments {
  std::string model, folder, memory;
  std::vector<std::string> files;
  std::string tokens, documents = "blocks", task = "4MB", precision = "float32";
  CorpusOptions options;
  bool no_bos = false, no_logits = false;
  bool plan = false;  // nothing is written
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

/// The plan that the arguments say, of which nothing is written. Errors: documents that cannot be read.
Result<CorpusPlan> planned(const CorpusArguments& arguments, const CorpusJob& job);
/// The same, written as plan.json where there is none yet. Errors: another plan stands there.
Result<CorpusPlan> make_plan(const CorpusArguments& arguments, const CorpusJob& job);
/// What it comes to, for people, and what its tasks would cost.
Result<std::string> planned_text(const CorpusPlan& plan, const CorpusJob& job, const std::string& where);
/// The options as flags gave them. Errors (usage): no folder, a context of fewer than two tokens, no such
/// unit.
Result<CorpusOptions> options_of(const CorpusArguments& arguments);

/// What the plan's tasks would cost, from the tokens of its first documents. Errors: documents that cannot be read.
Result<WorkCost> cost_of(const CorpusPlan& plan, const CorpusJob& job);

/// What computes the parts of the plan, under a progress bar that lives as long as it.
RunTask compute_on(const CorpusPlan& plan, CorpusJob& job, const Common& common);

/// corpus.json, the tables, scales.json and summary.txt in the folder; the summary is printed.
Result<void> write_corpus(const TaskFolder& folder, const CorpusPlan& plan, const Merged& merged, const CorpusJob& job);

}  // namespace sg
