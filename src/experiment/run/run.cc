#include "experiment/run/run.h"

#include "experiment/evaluate/world.h"
#include "experiment/file/parse.h"
#include "experiment/run/run_job.h"
#include "experiment/run/run_record.h"
#include "experiment/run/same_weights.h"

namespace sg {
namespace {

constexpr const char* kNotYet = "not measured yet: the run was interrupted before it";

void say(const RunOptions& options, const std::string& line) {
  if (options.say) options.say(line);
}

/// Shares of work done: jobs that are done, and the one in hand.
class Work {
 public:
  Work(const std::vector<Prepared>& all, const RunOptions& options) : options_(options) {
    for (const Prepared& p : all) total_ += p.job ? p.job->work : 0;
  }
  std::function<void(double)> of(double work) {
    if (!options_.progress || !(total_ > 0)) return {};
    return [this, work](double share) { options_.progress((done_ + share * work) / total_); };
  }
  void finish(double work) { done_ += work; }

 private:
  const RunOptions& options_;
  double total_ = 0, done_ = 0;
};

/// Everything that is known before anything is measured; a failure of the store ends the run.
Result<std::vector<Prepared>> prepare_all(const Experiment& e, const Cast& cast, const RunOptions& options,
                                          RowStore& store) {
  std::vector<Prepared> all;
  for (const ModelData& data : cast.models) {
    SG_TRY_VOID(go_on(options.stop));
    Prepared p = prepare_model(e, data, options, store);
    if (e.models_are_given) p.outcome.given = given_facts(data.stated_facts);
    if (p.failure && p.failure->ends_run) return std::move(p.failure->error);
    if (p.failure) p.outcome.error = p.failure->error.message();
    if (p.job) p.outcome.error = kNotYet;
    all.push_back(std::move(p));
  }
  return all;
}

Error lacks(const ModelOutcome& outcome, const std::string& what) {
  return {.what = "the store lacks what its run says was measured",
          .where = outcome.key,
          .expected = what,
          .got = "no such row",
          .hint = "It is damaged, or belongs to another run: run the experiment into this folder again"};
}

/// The rows of one model as they were measured, by the version of the numerics that the run had, with the caller's own
/// texts. A row that is not there would change the outcome of all others, so it is an error.
Result<void> read_rows(const ModelOutcome& outcome, const RowKey& key, const Experiment& e, RowStore& store,
                       ModelData& data) {
  for (const Sequence& prompt : outcome.prompts) {
    SG_TRY(std::optional<SequenceMeasurement> row, store.find(key, prompt.ids));
    if (!row) return lacks(outcome, "the measurement of '" + prompt.text.value_or("") + "'");
    row->sequence = prompt;
    data.sequences.push_back(std::move(*row));
  }
  if (e.weights.empty()) return {};
  SG_TRY(data.weights, store.find_weights(key));
  if (!data.weights) return lacks(outcome, "the statistics of its weights");
  return {};
}

/// The prompts as they were measured: a later version of a built-in suite must not change an old result.
void use_recorded_prompts(const RunRecord& record, Experiment& e) {
  for (const ModelOutcome& outcome : record.models) {
    if (outcome.prompts.empty()) continue;
    e.prompts.clear();
    for (const Sequence& s : outcome.prompts)
      e.prompts.push_back(text_prompt(s.text.value_or(""), s.category.value_or("")));
    return;
  }
}

/// Models that came with the command, in place of the file's.
void use_given_models(const RunRecord& record, Experiment& e) {
  if (record.suite) e.suite = *record.suite;
  for (const ModelOutcome& outcome : record.models) {
    if (!outcome.given) continue;
    if (!e.models_are_given) e.models.clear();
    e.models_are_given = true;
    e.models.push_back(given_model(outcome.key, outcome.label, facts_of(*outcome.given)));
  }
}

}  // namespace

Result<void> measure_experiment(const Experiment& e, const RunOptions& options, RowStore& store) {
  SG_TRY(const EngineFacts engine, engine_facts(options.threads, options.isa));
  SG_TRY(const Cast cast, cast_models(e, options.models));
  SG_TRY(std::vector<Prepared> all, prepare_all(e, cast, options, store));
  RunRecord record = {.experiment = e.text,
                      .overrides = e.overrides,
                      .started = options.started,
                      .pocket = options.pocket,
                      .engine = engine,
                      .suite = e.models_are_given ? std::optional(e.suite) : std::nullopt,
                      .models = {},
                      .notices = options.notices};
  record.notices.insert(record.notices.end(), cast.notices.begin(), cast.notices.end());
  for (const Prepared& p : all) record.models.push_back(p.outcome);
  if (!options.pocket) {  // the zoo's stand-ins stand for several models
    for (std::string& notice : same_weights_notices(record.models)) {
      if (options.warn) options.warn(notice);
      record.notices.push_back(std::move(notice));
    }
  }
  SG_TRY_VOID(put_record(store, record));
  Work work(all, options);
  for (std::size_t m = 0; m < all.size(); ++m) {
    if (!all[m].job) continue;
    RunJob& job = *all[m].job;
    say(options, all[m].outcome.key + ": " + std::to_string(job.missing.size()) + " prompts to measure");
    const std::optional<RunFailure> failure = run_job(job, options, work.of(job.work), store);
    if (failure && failure->ends_run) return failure->error;
    record.models[m].error = failure ? std::optional(failure->error.message()) : std::nullopt;
    work.finish(job.work);
    all[m].job.reset();
    SG_TRY_VOID(put_record(store, record));
  }
  return {};
}

Result<ExperimentResult> evaluate_run(RowStore& store, const std::atomic<bool>* stop) {
  SG_TRY(const std::optional<RunRecord> record, find_record(store));
  if (!record)
    return Error{.what = "the store holds no run", .hint = "Make one with streamgauge run EXPERIMENT -o DIR"};
  SG_TRY(Experiment e, parse_experiment(record->experiment, "the stored experiment", record->overrides));
  use_recorded_prompts(*record, e);
  use_given_models(*record, e);
  std::vector<KeyedModel> keys;
  for (const ModelOutcome& outcome : record->models) keys.push_back({outcome.key, outcome.source});
  SG_TRY(Cast cast, cast_models(e, keys));
  for (std::size_t m = 0; m < record->models.size(); ++m) {
    const ModelOutcome& outcome = record->models[m];
    ModelData& data = cast.models[m];
    data.label = outcome.label;
    data.error = outcome.error;
    data.facts = outcome.facts;
    if (!data.error) {
      const RowKey row_key = {.fingerprint = outcome.facts->fingerprint, .numerics = record->engine.numerics};
      SG_TRY_VOID(read_rows(outcome, row_key, e, store, data));
    }
  }
  return evaluate(e, cast.models,
                  {.started = record->started,
                   .engine = record->engine,
                   .pocket = record->pocket,
                   .notices = record->notices,
                   .stop = stop});
}

}  // namespace sg
