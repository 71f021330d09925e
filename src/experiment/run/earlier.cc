#include "experiment/run/earlier.h"

#include <algorithm>

#include "experiment/run/row_keys.h"
#include "measure/measure.h"
#include "prompts/prompt.h"

namespace sg {
namespace {

/// What a chat template made is not known without the model.
bool is_read_of(const Sequence& read, const Prompt& given, const PromptReading& reading) {
  if (read.category.value_or("") != column(given, kCategoryColumn)) return false;
  if (!given.ids.empty()) return read.ids == given.ids;
  if (reading.chat || !given.messages.empty()) return false;
  return read.text == given.text && read.special.value_or("auto") == name(reading.special);
}

/// Of another file or other changes every reading is looked at; of the same ones the own reading, whose texts may come
/// from a file that was edited since, speaks for the others.
bool has_prompts_of(const ModelOutcome& outcome, const Experiment& experiment, bool same_file) {
  const PromptUse& use = experiment.prompt_use;
  const std::size_t n = experiment.prompts.size();
  if (outcome.prompts.size() != n * use.readings.size()) return false;
  const std::size_t looked_at = same_file ? n : outcome.prompts.size();
  for (std::size_t i = 0; i < looked_at; ++i) {
    const PromptReading reading = applied(use.readings[i / n], use.reading);
    if (!is_read_of(outcome.prompts[i], experiment.prompts[i % n], reading)) return false;
  }
  return true;
}

Result<bool> has_rows(const ModelOutcome& outcome, const Experiment& experiment, RowStore& store) {
  const std::vector<RowKey> keys = row_keys(outcome, {.numerics = kNumericsVersion}, experiment.prompt_use.readings);
  for (std::size_t i = 0; i < outcome.prompts.size(); ++i) {
    SG_TRY(const std::optional<SequenceMeasurement> row, store.find(keys[i], outcome.prompts[i].ids));
    if (!row) return false;
  }
  if (experiment.weights.empty()) return true;
  SG_TRY(const std::optional<WeightsReport> weights, store.find_weights(keys.front()));
  return weights.has_value();
}

}  // namespace

Result<std::optional<ModelOutcome>> measured_before(const std::optional<RunRecord>& earlier, const ModelData& data,
                                                    const Experiment& experiment, RowStore& store) {
  if (!earlier) return std::optional<ModelOutcome>();
  const bool same_file = earlier->experiment == experiment.text && earlier->overrides == experiment.overrides;
  for (const ModelOutcome& outcome : earlier->models) {
    if (outcome.key != data.key || outcome.source != data.source || outcome.error || !outcome.facts) continue;
    if (!has_prompts_of(outcome, experiment, same_file)) continue;
    SG_TRY(const bool there, has_rows(outcome, experiment, store));
    if (!there) continue;
    ModelOutcome found = outcome;
    found.label = data.label;
    return std::optional(std::move(found));
  }
  return std::optional<ModelOutcome>();
}

}  // namespace sg
