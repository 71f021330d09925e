#include "experiment/evaluate/world.h"

#include "experiment/value/value.h"

namespace sg {

Result<void> go_on(const std::atomic<bool>* stop) {
  if (stop == nullptr || !stop->load()) return {};
  return Error{.kind = ErrorKind::kInterrupted, .what = "interrupted"};
}

World::World(const Experiment& experiment, const std::vector<ModelData>& models, const std::atomic<bool>* stop)
    : experiment_(experiment),
      models_(models),
      stop_(stop),
      cells_(models.size()),
      column_names_(index_of(heads_of(experiment.columns))),
      prompt_names_(index_of(heads_of(experiment.prompt_columns))) {
  for (const ValueSpec& value : experiment_.values) value_heads_.push_back(heads_of(value));
  std::int64_t sound = 0;
  for (std::size_t m = 0; m < models_.size(); ++m) {
    columns_.push_back(std::make_unique<ModelColumns>(experiment_, models_[m]));
    model_names_.emplace(models_[m].name, m);
    sound += models_[m].error ? 0 : 1;
  }
  model_count_ = sound;
  prompt_count_ = static_cast<std::int64_t>(experiment_.prompts.size());
  for (const ModelEntry& entry : experiment_.models) {
    if (!model_names_.contains(entry.name)) not_run_.emplace(entry.name, absent(entry.name + " did not run"));
  }
}

Result<void> World::evaluate(const Choice& choice, const Wanted& wanted) {
  choice_prompts_ = choice.prompts;
  for (std::size_t m = 0; m < models_.size(); ++m) {
    SG_TRY_VOID(go_on(stop_));
    columns_[m]->evaluate(choice, wanted, cells_[m]);
  }
  return evaluate_values(wanted);
}

Result<void> World::evaluate_values(const Wanted& wanted) {
  const Lookup lookup_whole = lookup();
  const RowSet by_model = model_rows(), by_prompt = prompt_rows();
  for (std::size_t v = 0; v < value_heads_.size(); ++v) {
    const ValueSpec& spec = experiment_.values[v];
    const std::vector<ColumnHead>& heads = value_heads_[v];
    bool any = false;
    for (const ColumnHead& head : heads) any = any || wanted.values.contains(head.name);
    if (!any) continue;
    SG_TRY_VOID(go_on(stop_));
    std::vector<Value> values;
    if (const auto* formula = std::get_if<ExprSource>(&spec.source)) {
      values = {result_of(formula->expression)};
    } else if (const auto* statistic = std::get_if<RowStatistic>(&spec.source)) {
      values = evaluate_statistic(*statistic, statistic->over_prompts ? by_prompt : by_model, [&](std::string_view p) {
        return wanted.values.contains(p.empty() ? spec.name : spec.name + "." + std::string(p));
      });
    } else {
      std::vector<Value> p;
      for (const std::string& name : std::get<HolmSource>(spec.source).values) {
        const Value* one = lookup_whole(name);
        p.push_back(one != nullptr ? *one : absent("there is no " + name));
      }
      values = adjust_by_holm(p);
    }
    for (std::size_t i = 0; i < heads.size(); ++i) values_.insert_or_assign(heads[i].name, std::move(values[i]));
  }
  return {};
}

const Value* World::value(const std::string& name) const {
  if (const auto found = values_.find(name); found != values_.end()) return &found->second;
  if (name == kModelCount) return &model_count_;
  if (name == kPromptCount) return &prompt_count_;
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return nullptr;
  const std::string model = name.substr(0, dot);
  if (const auto missing = not_run_.find(model); missing != not_run_.end()) return &missing->second;
  const auto found = model_names_.find(model);
  const auto column = column_names_.find(std::string_view(name).substr(dot + 1));
  if (found == model_names_.end() || column == column_names_.end()) return nullptr;
  return &cells_[found->second].model[column->second];
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
  RowSet rows = {.names = &column_names_, .rows = {}, .model_count = &model_count_};
  for (std::size_t m = 0; m < models_.size(); ++m) {
    if (!models_[m].error) rows.rows.push_back(&cells_[m].model);
  }
  return rows;
}

RowSet World::prompt_rows() const {
  RowSet rows = {.names = &prompt_names_, .rows = {}, .model_count = &model_count_};
  for (const ModelCells& cells : cells_) {
    for (const std::vector<Value>& row : cells.prompts) rows.rows.push_back(&row);
  }
  return rows;
}

}  // namespace sg
