#include "experiment/evaluate/world.h"

#include <algorithm>

#include "experiment/evaluate/measured_columns.h"
#include "experiment/value/value.h"

namespace sg {

Result<void> go_on(const std::atomic<bool>* stop) {
  if (stop == nullptr || !stop->load()) return {};
  return Error{.kind = ErrorKind::kInterrupted, .what = "interrupted"};
}

World::World(const Experiment& experiment, const std::vector<ModelData>& models)
    : experiment_(experiment), models_(models) {
  for (const ValueSpec& spec : experiment_.values) {
    std::size_t part = 0;
    for (const ColumnHead& head : heads_of(spec)) heads_.emplace(head.name, Head{.spec = &spec, .part = part++});
  }
  std::int64_t sound = 0;
  for (std::size_t m = 0; m < models_.size(); ++m) {
    columns_.push_back(std::make_unique<ModelColumns>(experiment_, models_[m]));
    model_names_.emplace(models_[m].name, m);
    sound += models_[m].error ? 0 : 1;
    const ModelData& data = models_[m];
    // Under a listed model's own key another checkpoint may have been opened.
    const bool other = data.stands_for.empty() && !is_listed(data);
    const std::string label = other ? data.facts->id : data.label;
    const std::string role = other ? data.label : data.stands_for;
    called_[data.name + ".label"] = label;
    called_[data.name + ".who"] = role.empty() ? label : label + " (in the place of " + role + ")";
  }
  model_count_ = sound;
  prompt_count_ = static_cast<std::int64_t>(experiment_.prompts.size());
  for (const ModelEntry& entry : experiment_.models) {
    if (model_names_.contains(entry.name)) continue;
    not_run_.emplace(entry.name, absent(entry.name + " did not run"));
    called_[entry.name + ".label"] = called_[entry.name + ".who"] = entry.label;
  }
}

void World::choose(const Choice& choice) {
  for (const auto& columns : columns_) columns->choose(choice);
  for (auto& [name, head] : heads_) head.value.reset();
}

bool World::has_pooled() const {
  return std::ranges::any_of(columns_, [](const auto& columns) { return columns->has_pooled(); });
}

std::vector<Value> World::row(std::size_t model) const {
  std::vector<Value> cells;
  for (const ColumnHead& head : heads_of(experiment_.columns)) cells.push_back(*columns_[model]->cell(head.name));
  return cells;
}

std::vector<std::vector<Value>> World::prompt_rows(std::size_t model) const {
  std::vector<std::vector<Value>> rows(prompt_count(model));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (const ColumnHead& head : heads_of(experiment_.prompt_columns)) {
      rows[row].push_back(*columns_[model]->prompt_cell(row, head.name));
    }
  }
  return rows;
}

/// Parts that come together are kept together.
Value World::computed(Head& head) const {
  const ValueSpec& spec = *head.spec;
  if (const auto* formula = std::get_if<ExprSource>(&spec.source)) return result_of(formula->expression);
  if (const auto* statistic = std::get_if<RowStatistic>(&spec.source)) {
    const RowSet rows = statistic->over_prompts ? prompt_rows() : model_rows();
    const std::vector<ColumnHead> heads = heads_of(spec);
    Value own;
    for (PartValue& part : evaluate_part(*statistic, rows, head.part)) {
      if (part.place == head.part) {
        own = std::move(part.value);
      } else {
        heads_.at(heads[part.place].name).value = std::move(part.value);
      }
    }
    return own;
  }
  std::vector<Value> p;
  for (const std::string& name : std::get<HolmSource>(spec.source).values) {
    const Value* one = value(name);
    p.push_back(one != nullptr ? *one : absent("there is no " + name));
  }
  return adjust_by_holm(p)[head.part];
}

const Value* World::value(const std::string& name) const {
  if (const auto found = heads_.find(name); found != heads_.end()) {
    Head& head = found->second;
    if (!head.value) head.value = computed(head);
    return &*head.value;
  }
  if (name == kModelCount) return &model_count_;
  if (name == kPromptCount) return &prompt_count_;
  if (const auto found = called_.find(name); found != called_.end()) return &found->second;
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return nullptr;
  const std::string model = name.substr(0, dot);
  if (const auto missing = not_run_.find(model); missing != not_run_.end()) return &missing->second;
  const auto found = model_names_.find(model);
  return found != model_names_.end() ? columns_[found->second]->cell(std::string_view(name).substr(dot + 1)) : nullptr;
}

std::string World::filled(const std::string& text) const {
  const Result<Sentence> sentence = Sentence::parse(text);
  return sentence.ok() ? sentence->fill(lookup()) : text;
}

Value World::result_of(const Expression& formula) const {
  if (formula.names().size() == 1 && formula.names().front() == formula.text()) {
    const Value* found = value(formula.text());
    return found != nullptr ? *found : absent("there is no " + formula.text());
  }
  return formula.quantity(lookup());
}

Lookup World::lookup() const {
  return [this](const std::string& name) { return value(name); };
}

RowSet World::model_rows() const {
  RowSet rows = {.rows = {}, .model_count = &model_count_};
  for (std::size_t m = 0; m < models_.size(); ++m) {
    if (models_[m].error) continue;
    rows.rows.emplace_back([columns = columns_[m].get()](const std::string& name) { return columns->cell(name); });
  }
  return rows;
}

RowSet World::prompt_rows() const {
  RowSet rows = {.rows = {}, .model_count = &model_count_};
  for (const auto& columns : columns_) {
    for (std::size_t row = 0; row < columns->prompt_rows(); ++row) {
      rows.rows.emplace_back(
          [columns = columns.get(), row](const std::string& name) { return columns->prompt_cell(row, name); });
    }
  }
  return rows;
}

}  // namespace sg
