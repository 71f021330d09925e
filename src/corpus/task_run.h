// One task: its documents measured, window by window, into statistics.
#pragma once

#include <functional>
#include <span>

#include "corpus/corpus_tap.h"
#include "corpus/plan.h"
#include "corpus/statistics.h"
#include "measure/measure.h"

namespace sg {

/// Windows of a model, measured in batches. The model and the tokenizer outlive it.
class WindowMeasurer {
 public:
  /// `tokenizer` may be null for documents of ids. Of `options` threads, isa, device, gpus, memory_budget, stop and
  /// warn count.
  static Result<std::unique_ptr<WindowMeasurer>> create(const Model& model, const Tokenizer* tokenizer,
                                                        const CorpusOptions& corpus, const MeasureOptions& options);
  ~WindowMeasurer();

  /// The windows of one document.
  Result<std::vector<CorpusWindow>> windows(const CorpusDocument& document, std::uint64_t number) const;
  /// The statistics of a task's documents. `progress` hears the share of its bytes that is done.
  /// Errors: documents that changed since they were planned, text or ids that cannot be measured, interrupted.
  Result<CorpusStatistics> run(const CorpusPlan& plan, const CorpusTask& task,
                               const std::function<void(double)>& progress);

 private:
  struct State;
  explicit WindowMeasurer(std::unique_ptr<State> state);
  /// Adds the windows' statistics and forgets the windows.
  Result<void> measure(std::vector<CorpusWindow>& windows, CorpusStatistics& statistics);
  /// Fills one of `rows` for each window.
  Result<void> measure_pass(std::span<const CorpusWindow> windows, std::span<WindowRows> rows, std::size_t machine);
  std::unique_ptr<State> state_;
};

}  // namespace sg
