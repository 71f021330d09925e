#include "experiment/evaluate/columns.h"

#include <algorithm>

#include "base/overloaded.h"
#include "experiment/evaluate/derived_columns.h"
#include "experiment/value/value.h"

namespace sg {
namespace {

bool any_wanted(const std::vector<ColumnHead>& heads, const std::set<std::string, std::less<>>& wanted) {
  return std::any_of(heads.begin(), heads.end(), [&](const ColumnHead& h) { return wanted.contains(h.name); });
}

Lookup in_row(const NameIndex& names, const std::vector<Value>& cells) {
  return [&names, &cells](const std::string& name) -> const Value* {
    const auto found = names.find(name);
    return found != names.end() ? &cells[found->second] : nullptr;
  };
}

Value prompt_fact(PromptSource::What what, const Prompt& prompt, const SequenceMeasurement* sequence) {
  switch (what) {
    case PromptSource::What::kText: return prompt.text;
    case PromptSource::What::kCategory: {
      const std::string category = column(prompt, kCategoryColumn);
      return category.empty() ? absent("no category") : Value(category);
    }
    case PromptSource::What::kTokens:
      if (sequence == nullptr) return absent("the prompt was not measured");
      return static_cast<std::int64_t>(sequence->sequence.ids.size());
  }
  return {};
}

}  // namespace

ModelColumns::ModelColumns(const Experiment& experiment, const ModelData& data)
    : experiment_(experiment),
      data_(data),
      gains_(data),
      columns_(index_of(heads_of(experiment.columns))),
      prompt_columns_(index_of(heads_of(experiment.prompt_columns))) {
  for (const Column& column : experiment_.columns) heads_.push_back(heads_of(column));
}

void ModelColumns::evaluate(const Choice& choice, const Wanted& wanted, ModelCells& cells) {
  cells.model.resize(columns_.size());
  if (data_.error) {
    std::fill(cells.model.begin(), cells.model.end(), absent("the model failed: " + *data_.error));
    cells.prompts.clear();
    return;
  }
  evaluate_prompts(choice, wanted, cells);
  std::size_t at = 0;
  for (std::size_t c = 0; c < heads_.size(); ++c) {
    if (any_wanted(heads_[c], wanted.columns)) {
      std::vector<Value> values = model_values(experiment_.columns[c], choice, wanted, cells);
      std::move(values.begin(), values.end(), cells.model.begin() + static_cast<std::ptrdiff_t>(at));
    }
    at += heads_[c].size();
  }
}

void ModelColumns::evaluate_prompts(const Choice& choice, const Wanted& wanted, ModelCells& cells) {
  if (experiment_.prompt_columns.empty()) return;
  cells.prompts.resize(choice.prompts.size());
  for (std::size_t row = 0; row < choice.prompts.size(); ++row) {
    std::vector<Value>& line = cells.prompts[row];
    line.resize(prompt_columns_.size());
    const Lookup lookup = in_row(prompt_columns_, line);
    for (std::size_t c = 0; c < experiment_.prompt_columns.size(); ++c) {
      const Column& column = experiment_.prompt_columns[c];
      if (wanted.prompt_columns.contains(column.name)) {
        line[c] = prompt_value(column, choice, choice.prompts[row], lookup);
      }
    }
  }
}

Value ModelColumns::prompt_value(const Column& column, const Choice& choice, std::size_t place, const Lookup& lookup) {
  if (data_.given && place < data_.given->prompts.size()) {
    const NamedCells& row = data_.given->prompts[place];
    if (const auto found = row.find(column.name); found != row.end()) return found->second;
  }
  const SequenceMeasurement* sequence = place < data_.sequences.size() ? &data_.sequences[place] : nullptr;
  if (const auto* source = std::get_if<GainSource>(&column.source)) {
    if (sequence == nullptr) return absent("the prompt was not measured");
    const Definition definition = source->fixed.value_or(choice.definition);
    return value_of(gains_.of(definition.reduction, definition.span)[place].gain);
  }
  if (const auto* source = std::get_if<LogitsSource>(&column.source)) {
    return sequence != nullptr ? logits_value(source->key, *sequence) : absent("the prompt was not measured");
  }
  if (const auto* source = std::get_if<PromptSource>(&column.source)) {
    return prompt_fact(source->what, experiment_.prompts[place], sequence);
  }
  return derived_value(column.source, lookup);
}

std::vector<Value> ModelColumns::model_values(const Column& column, const Choice& choice, const Wanted& wanted,
                                              const ModelCells& cells) {
  if (const auto* statistic = std::get_if<RowStatistic>(&column.source)) {
    RowSet rows = {.names = &prompt_columns_, .rows = {}, .model_count = nullptr};
    for (const std::vector<Value>& row : cells.prompts) rows.rows.push_back(&row);
    return evaluate_statistic(*statistic, rows, [&](std::string_view part) {
      return wanted.columns.contains(part.empty() ? column.name : column.name + "." + std::string(part));
    });
  }
  if (data_.given) {
    if (auto value = given(column, choice)) return {std::move(*value)};
  }
  if (is_derived(column.source)) return {derived_value(column.source, in_row(columns_, cells.model))};
  return {measured(column, choice)};
}

/// What the results file holds, or what follows from the list of gains that it holds.
std::optional<Value> ModelColumns::given(const Column& column, const Choice& choice) const {
  const auto found = data_.given->columns.find(column.name);
  if (found != data_.given->columns.end() && !is_absent(found->second)) return found->second;
  if (is_derived(column.source) || std::holds_alternative<FactSource>(column.source)) return std::nullopt;
  const Value missing = absent(data_.given->source + " does not hold " + column.name);
  const auto* source = std::get_if<GainSource>(&column.source);
  if (source == nullptr) return missing;
  const Definition definition = source->fixed.value_or(choice.definition);
  // Without the norms, the mean of the ratios is all there is to pool.
  if (definition.pooling == Pooling::kGainOfMeans) return missing;
  for (const Column& other : experiment_.columns) {
    const auto* all = std::get_if<GainSource>(&other.source);
    if (all == nullptr || all->part != GainPart::kAll || all->fixed != source->fixed) continue;
    const auto list = data_.given->columns.find(other.name);
    const auto numbers = list != data_.given->columns.end() ? numbers_of(list->second) : std::nullopt;
    if (!numbers) continue;
    std::vector<Gain> gains;
    for (const double g : *numbers) gains.push_back({.gain = Measured::of(g), .numerator = g, .denominator = 1.0});
    return gain_part(source->part, definition.pooling, gains);
  }
  return missing;
}

Value ModelColumns::measured(const Column& column, const Choice& choice) {
  return std::visit(Overloaded{
                        [&](const FactSource& s) { return fact_value(s.key, data_); },
                        [&](const ModelSource& s) {
                          return data_.facts ? model_value(s.key, *data_.facts) : absent("the model was not opened");
                        },
                        [&](const GainSource& s) {
                          const Definition d = s.fixed.value_or(choice.definition);
                          return gain_part(s.part, d.pooling, gains_.of(d.reduction, d.span, choice.prompts));
                        },
                        [&](const LadderSource& s) { return ladder_value(s, data_, choice.prompts); },
                        [&](const WeightSource& s) { return weight_value(s, data_); },
                        [&](const LogitsSource& s) { return logits_mean(s.key, data_, choice.prompts); },
                        [&](const auto&) { return absent("not a measured column"); },
                    },
                    column.source);
}

}  // namespace sg
