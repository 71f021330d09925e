#include "experiment/run/run.h"

#include "experiment/evaluate/world.h"
#include "experiment/file/parse.h"
#include "experiment/run/row_keys.h"
#include "experiment/run/run_record.h"

namespace sg {
namespace {

Error lacks(const ModelOutcome& outcome, const std::string& what) {
  return {.what = "the store lacks what its run says was measured",
          .where = outcome.key,
          .expected = what,
          .got = "no such row",
          .hint = "It is damaged, or belongs to another run: run the experiment into this folder again"};
}

enum class Types : std::uint8_t { kAll, kOwn };

/// The rows of one model as they were measured, by the version of the numerics that the run had, with the caller's own
/// texts: in all types of the readings, or in the own one's. A row that is not there would change the outcome of all
/// others, so it is an error.
Result<std::vector<SequenceMeasurement>> read_rows(const ModelOutcome& outcome, const std::vector<RowKey>& keys,
                                                   RowStore& store, Types types) {
  std::vector<SequenceMeasurement> rows;
  for (std::size_t i = 0; i < outcome.prompts.size(); ++i) {
    if (types == Types::kOwn && keys[i].precision != keys.front().precision) continue;
    const Sequence& prompt = outcome.prompts[i];
    SG_TRY(std::optional<SequenceMeasurement> row, store.find(keys[i], prompt.ids));
    if (!row) return lacks(outcome, "the measurement of '" + prompt.text.value_or("") + "'");
    row->sequence = prompt;
    rows.push_back(std::move(*row));
  }
  return rows;
}

Result<void> read_model(const ModelOutcome& outcome, const EngineFacts& engine, const Experiment& e, RowStore& store,
                        ModelData& data) {
  SG_TRY(data.sequences, read_rows(outcome, row_keys(outcome, engine, e.prompt_use.readings), store, Types::kAll));
  if (e.weights.empty()) return {};
  SG_TRY(data.weights, store.find_weights(row_key(outcome.facts->fingerprint, engine)));
  if (!data.weights) return lacks(outcome, "the statistics of its weights");
  return {};
}

/// As it was given. Records of earlier versions know its category alone.
Prompt prompt_of(const Sequence& s) {
  Prompt prompt = text_prompt(s.prompt ? *s.prompt : s.text.value_or(""), s.category.value_or(""));
  if (!s.text) prompt.ids = s.ids;
  prompt.id = s.prompt_id.value_or("");
  if (s.columns) prompt.columns = *s.columns;
  return prompt;
}

/// The prompts as they were measured: a later version of a built-in suite must not change an old result.
void use_recorded_prompts(const RunRecord& record, Experiment& e) {
  for (const ModelOutcome& outcome : record.models) {
    if (outcome.prompts.empty()) continue;
    e.prompts.clear();
    const std::size_t count = outcome.prompts.size() / e.prompt_use.readings.size();
    for (std::size_t i = 0; i < count; ++i) e.prompts.push_back(prompt_of(outcome.prompts[i]));
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

Result<std::vector<ModelMeasurement>> measured_models(RowStore& store, std::size_t most) {
  std::vector<ModelMeasurement> models;
  SG_TRY(const std::optional<RunRecord> record, find_record(store));
  if (!record) return models;
  SG_TRY(const Experiment e, parse_experiment(record->experiment, "the stored experiment", record->overrides));
  for (const ModelOutcome& outcome : record->models) {
    if (outcome.error || outcome.prompts.empty() || models.size() == most) continue;
    ModelMeasurement one = {.key = outcome.key, .label = outcome.label, .measurement = {}};
    one.measurement.engine = record->engine;
    one.measurement.model = *outcome.facts;
    const std::vector<RowKey> keys = row_keys(outcome, record->engine, e.prompt_use.readings);
    SG_TRY(one.measurement.sequences, read_rows(outcome, keys, store, Types::kOwn));
    models.push_back(std::move(one));
  }
  return models;
}

Result<ExperimentResult> evaluate_run(RowStore& store, const std::atomic<bool>* stop) {
  SG_TRY(const std::optional<RunRecord> record, find_record(store));
  if (!record)
    return Error{.what = "the store holds no run", .hint = "Make one with streamgauge run EXPERIMENT -o DIR"};
  SG_TRY(Experiment e, parse_experiment(record->experiment, "the stored experiment", record->overrides));
  use_recorded_prompts(*record, e);
  use_given_models(*record, e);
  std::vector<KeyedModel> keys;
  for (const ModelOutcome& outcome : record->models) keys.push_back({outcome.key, outcome.source, outcome.label});
  SG_TRY(Cast cast, cast_models(e, keys));
  for (std::size_t m = 0; m < record->models.size(); ++m) {
    const ModelOutcome& outcome = record->models[m];
    ModelData& data = cast.models[m];
    data.label = outcome.label;
    data.error = outcome.error;
    data.facts = outcome.facts;
    if (!data.error) SG_TRY_VOID(read_model(outcome, record->engine, e, store, data));
  }
  return evaluate(e, cast.models,
                  {.started = record->started,
                   .engine = record->engine,
                   .pocket = record->pocket,
                   .notices = record->notices,
                   .stop = stop});
}

}  // namespace sg
