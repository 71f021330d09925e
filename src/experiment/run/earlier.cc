#include "experiment/run/earlier.h"

#include <algorithm>

#include "measure/measure.h"
#include "prompts/prompt.h"

namespace sg {
namespace {

bool has_prompts_of(const ModelOutcome& outcome, const Experiment& experiment) {
  return std::equal(outcome.prompts.begin(), outcome.prompts.end(), experiment.prompts.begin(),
                    experiment.prompts.end(), [](const Sequence& read, const Prompt& given) {
                      return read.text == given.text && read.category.value_or("") == column(given, kCategoryColumn);
                    });
}

Result<bool> has_rows(const ModelOutcome& outcome, const Experiment& experiment, RowStore& store) {
  const RowKey key = {.fingerprint = outcome.facts->fingerprint, .numerics = kNumericsVersion};
  for (const Sequence& prompt : outcome.prompts) {
    SG_TRY(const std::optional<SequenceMeasurement> row, store.find(key, prompt.ids));
    if (!row) return false;
  }
  if (experiment.weights.empty()) return true;
  SG_TRY(const std::optional<WeightsReport> weights, store.find_weights(key));
  return weights.has_value();
}

}  // namespace

Result<std::optional<ModelOutcome>> measured_before(const std::optional<RunRecord>& earlier, const ModelData& data,
                                                    const Experiment& experiment, RowStore& store) {
  if (!earlier) return std::optional<ModelOutcome>();
  for (const ModelOutcome& outcome : earlier->models) {
    if (outcome.key != data.key || outcome.source != data.source || outcome.error || !outcome.facts) continue;
    if (!has_prompts_of(outcome, experiment)) continue;
    SG_TRY(const bool there, has_rows(outcome, experiment, store));
    if (!there) continue;
    ModelOutcome found = outcome;
    found.label = data.label;
    return std::optional(std::move(found));
  }
  return std::optional<ModelOutcome>();
}

}  // namespace sg
