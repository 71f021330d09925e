#include "corpus/task_run.h"

#include <deque>

#include "corpus/corpus_tap.h"
#include "corpus/fold.h"
#include "measure/passes.h"

namespace sg {
namespace {

// Tokens of a pass: enough that reading the weights costs little beside computing with them.
constexpr std::size_t kBatchTokens = 8192;

}  // namespace

struct WindowMeasurer::State {
  State(const Model& opened, const Tokenizer* words, const CorpusOptions& wanted, const MeasureOptions& how,
        std::unique_ptr<Team> with)
      : model(opened), tokenizer(words), corpus(wanted), options(how), team(std::move(with)) {
    while (weights.size() < team->size()) weights.emplace_back(opened);
    options.logits = corpus.logits && model.bindings.has_head() ? LogitPositions::kAll : LogitPositions::kNone;
    options.lens = LogitPositions::kNone;
  }

  /// Of one pass.
  std::size_t batch_tokens() const {
    std::size_t rows = kBatchTokens;
    while (rows > corpus.windows.context &&
           activation_bytes(model.spec, rows, corpus.windows.context) > memory_budget(options, *team))
      rows /= 2;
    return rows;
  }

  const Model& model;
  const Tokenizer* tokenizer;
  CorpusOptions corpus;
  MeasureOptions options;
  std::unique_ptr<Team> team;
  std::deque<WeightStream> weights;  // by machine
};

WindowMeasurer::WindowMeasurer(std::unique_ptr<State> state) : state_(std::move(state)) {}
WindowMeasurer::~WindowMeasurer() = default;

Result<std::unique_ptr<WindowMeasurer>> WindowMeasurer::create(const Model& model, const Tokenizer* tokenizer,
                                                               const CorpusOptions& corpus,
                                                               const MeasureOptions& options) {
  SG_TRY(std::unique_ptr<Team> team, Team::open(model, options));
  const std::size_t most = model.spec.max_position;
  if (model.spec.positions == PositionKind::kLearned && corpus.windows.context > most) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = "--context is longer than the model's table of positions",
                 .expected = "at most " + std::to_string(most) + " tokens",
                 .got = std::to_string(corpus.windows.context)};
  }
  return std::unique_ptr<WindowMeasurer>(
      new WindowMeasurer(std::make_unique<State>(model, tokenizer, corpus, options, std::move(team))));
}

Result<std::vector<CorpusWindow>> WindowMeasurer::windows(const CorpusDocument& document, std::uint64_t number) const {
  SG_TRY(const std::vector<std::int32_t> ids, ids_of(document, state_->tokenizer, state_->model.spec.vocab));
  const std::int32_t bos = document.is_text && state_->tokenizer != nullptr ? state_->tokenizer->bos() : -1;
  return windows_of(ids, number, state_->corpus.windows, bos);
}

Result<CorpusStatistics> WindowMeasurer::run(const CorpusPlan& plan, const CorpusTask& task,
                                             const std::function<void(double)>& progress) {
  SG_TRY(const std::string sum, sum_of_range(task.range));
  if (key_of_task(plan, task, sum) != task.key) {
    return Error{.what = "is not what it was when the plan was made",
                 .where = task.range.file,
                 .hint = "plan the corpus again, into another folder"};
  }
  SG_TRY(DocumentReader reader, DocumentReader::open(task.range, plan.options.documents));
  CorpusStatistics statistics;
  std::vector<CorpusWindow> batch;
  std::size_t tokens = 0;
  const std::size_t most = state_->batch_tokens() * state_->team->size();
  for (std::uint64_t number = task.first_document; number < task.first_document + task.documents; ++number) {
    SG_TRY(const std::optional<CorpusDocument> document, reader.next());
    if (!document) break;
    if (!is_sampled(*document, plan.options.windows.every)) continue;
    SG_TRY(std::vector<CorpusWindow> found, windows(*document, number));
    ++(found.empty() ? statistics.empty_documents : statistics.documents);
    for (CorpusWindow& window : found) {
      if (tokens + window.ids.size() > most && !batch.empty()) {
        SG_TRY_VOID(measure(batch, statistics));
        tokens = 0;
        if (progress && task.bytes > 0)
          progress(static_cast<double>(document->begin - task.range.begin) / static_cast<double>(task.bytes));
      }
      tokens += window.ids.size();
      batch.push_back(std::move(window));
    }
  }
  SG_TRY_VOID(measure(batch, statistics));
  SG_TRY_VOID(state_->model.checkpoint.check_unchanged());
  return statistics;
}

Result<void> WindowMeasurer::measure(std::vector<CorpusWindow>& windows, CorpusStatistics& statistics) {
  std::vector<std::size_t> lengths;
  lengths.reserve(windows.size());
  for (const CorpusWindow& window : windows) lengths.push_back(window.ids.size());
  const auto tokens = [](std::size_t rows, std::size_t) { return rows; };
  Team& team = *state_->team;
  const std::vector<std::size_t> ends = pack_passes(lengths, state_->batch_tokens(), tokens, team.size());
  std::vector<WindowRows> rows(windows.size());
  SG_TRY_VOID(team.share_out(ends.size(), [&](std::size_t p, std::size_t machine) {
    const std::size_t first = p == 0 ? 0 : ends[p - 1], count = ends[p] - first;
    return measure_pass(std::span(windows).subspan(first, count), std::span(rows).subspan(first, count), machine);
  }));
  for (std::size_t w = 0; w < windows.size(); ++w)
    add_window(windows[w], rows[w], state_->corpus.keep_every, statistics);
  windows.clear();
  return {};
}

Result<void> WindowMeasurer::measure_pass(std::span<const CorpusWindow> windows, std::span<WindowRows> rows,
                                          std::size_t machine) {
  TokenBatch tokens;
  for (std::size_t w = 0; w < windows.size(); ++w) {
    tokens.add(windows[w].ids);
    rows[w] = {};  // perhaps a second try
    rows[w].measured.sequence.ids = windows[w].ids;
  }
  Team& team = *state_->team;
  Backend& backend = team[machine].backend();
  CorpusTap tap(state_->model.spec, tokens, state_->options, backend, rows);
  RunContext run = {.backend = backend, .tap = tap, .stop = state_->options.stop};
  Result<void> done = run_forward(state_->model, state_->weights[machine], tokens, run);
  if (!done.ok() && windows.size() > 1 && team[machine].recovers(done.error())) {
    team.warn(done.error().what + ": the pass is done in two smaller ones");
    const std::size_t half = windows.size() / 2;
    SG_TRY_VOID(measure_pass(windows.first(half), rows.first(half), machine));
    return measure_pass(windows.subspan(half), rows.subspan(half), machine);
  }
  SG_TRY_VOID(std::move(done));
  tap.finish();
  return {};
}

}  // namespace sg
