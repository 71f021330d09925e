#include "experiment/evaluate/columns.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/overloaded.h"
#include "experiment/evaluate/derived_columns.h"
#include "experiment/value/value.h"

namespace sg {
namespace {

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
    case PromptSource::What::kColumn: break;  // column_value
  }
  return {};
}

std::optional<double> number_in(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && std::isfinite(number);
  return whole ? std::optional(number) : std::nullopt;
}

/// What the file says in a column: numbers when all that it says there are.
Value column_value(const std::string& name, const Prompt& prompt, const std::vector<Prompt>& all) {
  const std::string text = column(prompt, name);
  if (text.empty()) return absent("the file says nothing");
  const bool numbers = std::ranges::all_of(all, [&](const Prompt& other) {
    const std::string its = column(other, name);
    return its.empty() || number_in(its);
  });
  return numbers ? Value(*number_in(text)) : Value(text);
}

}  // namespace

ModelColumns::ModelColumns(const Experiment& experiment, const ModelData& data)
    : experiment_(experiment),
      data_(data),
      gains_(data),
      heads_(index_of(heads_of(experiment.columns))),
      prompt_heads_(index_of(heads_of(experiment.prompt_columns))) {
  for (const Column& column : experiment_.columns) owners_.resize(owners_.size() + heads_of(column).size(), &column);
}

void ModelColumns::choose(const Choice& choice) {
  if (cells_.empty() || choice.prompts != choice_.prompts) {
    const std::size_t rows = data_.error || prompt_heads_.empty() ? 0 : choice.prompts.size();
    cells_.assign(owners_.size(), {});
    prompt_cells_.assign(rows, std::vector<Cell>(prompt_heads_.size()));
  }
  const auto forget = [](std::vector<Cell>& cells) {
    for (Cell& cell : cells) {
      if (cell.varies) cell = {};
    }
  };
  forget(cells_);
  for (std::vector<Cell>& row : prompt_cells_) forget(row);
  choice_ = choice;
  pooled_ = false;
}

template <class Compute>
const Value* ModelColumns::remembered(Cell& cell, const Compute& compute) {
  if (!cell.value) {
    const bool before = std::exchange(varies_, false);
    cell.value = compute();
    cell.varies = varies_;
    varies_ = before;
  }
  varies_ = varies_ || cell.varies;
  return &*cell.value;
}

const Value* ModelColumns::cell(std::string_view head) {
  const auto found = heads_.find(head);
  if (found == heads_.end()) return nullptr;
  return remembered(cells_[found->second], [&] { return head_value(found->second); });
}

const Value* ModelColumns::prompt_cell(std::size_t row, std::string_view head) {
  const auto found = prompt_heads_.find(head);
  if (found == prompt_heads_.end()) return nullptr;
  const Column& column = experiment_.prompt_columns[found->second];
  return remembered(prompt_cells_[row][found->second], [&] { return prompt_value(column, row); });
}

Definition ModelColumns::definition_of(const GainSource& source) {
  if (source.fixed) return *source.fixed;
  varies_ = true;
  return choice_.definition;
}

Definition ModelColumns::pooled_definition_of(const GainSource& source) {
  pooled_ = pooled_ || (!source.fixed && source.part != GainPart::kAll);
  return definition_of(source);
}

Value ModelColumns::prompt_value(const Column& column, std::size_t row) {
  const std::size_t place = choice_.prompts[row];
  if (data_.given && place < data_.given->prompts.size()) {
    const NamedCells& cells = data_.given->prompts[place];
    if (const auto found = cells.find(column.name); found != cells.end()) return found->second;
  }
  const SequenceMeasurement* sequence = place < data_.sequences.size() ? &data_.sequences[place] : nullptr;
  if (const auto* source = std::get_if<GainSource>(&column.source)) {
    if (sequence == nullptr) return absent("the prompt was not measured");
    const Definition definition = definition_of(*source);
    return value_of(gains_.of(definition.reduction, definition.span)[place].gain);
  }
  if (const auto* source = std::get_if<LogitsSource>(&column.source)) {
    return sequence != nullptr ? logits_value(source->key, *sequence) : absent("the prompt was not measured");
  }
  if (const auto* source = std::get_if<RoutingSource>(&column.source)) {
    return sequence != nullptr ? routing_value(source->key, *sequence) : absent("the prompt was not measured");
  }
  if (const auto* source = std::get_if<PromptSource>(&column.source)) {
    const Prompt& prompt = experiment_.prompts[place % experiment_.prompts.size()];
    if (source->what == PromptSource::What::kColumn) return column_value(source->column, prompt, experiment_.prompts);
    return prompt_fact(source->what, prompt, sequence);
  }
  return derived_value(column.source, [&](const std::string& name) { return prompt_cell(row, name); });
}

Value ModelColumns::head_value(std::size_t head) {
  if (data_.error) return absent("the model failed: " + *data_.error);
  const Column& column = *owners_[head];
  if (const auto* statistic = std::get_if<RowStatistic>(&column.source)) return statistic_value(*statistic, head);
  if (data_.given) {
    if (auto value = given(column)) return std::move(*value);
  }
  if (is_derived(column.source)) {
    return derived_value(column.source, [&](const std::string& name) { return cell(name); });
  }
  return measured(column);
}

/// Parts that come together are kept together.
Value ModelColumns::statistic_value(const RowStatistic& statistic, std::size_t head) {
  RowSet rows;
  for (std::size_t row = 0; row < prompt_rows(); ++row) {
    rows.rows.emplace_back([this, row](const std::string& name) { return prompt_cell(row, name); });
  }
  std::size_t first = head;
  while (first > 0 && owners_[first - 1] == owners_[head]) --first;
  std::vector<PartValue> parts = evaluate_part(statistic, rows, head - first);
  for (PartValue& part : parts) {
    if (part.place != head - first) cells_[first + part.place] = {.value = part.value, .varies = varies_};
  }
  return std::move(std::ranges::find(parts, head - first, &PartValue::place)->value);
}

/// What the results file holds, or what follows from the list of gains that it holds.
std::optional<Value> ModelColumns::given(const Column& column) {
  const auto found = data_.given->columns.find(column.name);
  if (found != data_.given->columns.end() && !is_absent(found->second)) return found->second;
  if (is_derived(column.source) || std::holds_alternative<FactSource>(column.source)) return std::nullopt;
  const Value missing = absent(data_.given->source + " does not hold " + column.name);
  const auto* source = std::get_if<GainSource>(&column.source);
  if (source == nullptr) return missing;
  const Definition definition = pooled_definition_of(*source);
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

Value ModelColumns::measured(const Column& column) {
  return std::visit(Overloaded{
                        [&](const FactSource& s) { return fact_value(s.key, data_); },
                        [&](const ModelSource& s) {
                          return data_.facts ? model_value(s.key, *data_.facts) : absent("the model was not opened");
                        },
                        [&](const GainSource& s) {
                          const Definition d = pooled_definition_of(s);
                          return gain_part(s.part, d.pooling, gains_.of(d.reduction, d.span, choice_.prompts));
                        },
                        [&](const LadderSource& s) { return ladder_value(s, data_, choice_.prompts); },
                        [&](const WeightSource& s) { return weight_value(s, data_); },
                        [&](const LogitsSource& s) { return logits_mean(s.key, data_, choice_.prompts); },
                        [&](const RoutingSource& s) { return routing_value(s.key, data_, choice_.prompts); },
                        [&](const auto&) { return absent("not a measured column"); },
                    },
                    column.source);
}

}  // namespace sg
