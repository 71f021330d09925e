// World: every column and value of an experiment under one choice of definition and prompts.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include "experiment/evaluate/columns.h"

namespace sg {

/// The error of who stops because `stop` says so.
Result<void> go_on(const std::atomic<bool>* stop);

/// Refers to the experiment and the data, which must outlive it.
class World {
 public:
  /// `stop` is looked at before every model and value; null: never.
  World(const Experiment& experiment, const std::vector<ModelData>& models, const std::atomic<bool>* stop = nullptr);

  /// Evaluates what is wanted; everything else keeps what it holds. Errors: interrupted.
  Result<void> evaluate(const Choice& choice, const Wanted& wanted);

  const Experiment& experiment() const { return experiment_; }
  const std::vector<ModelData>& models() const { return models_; }
  const ModelCells& cells(std::size_t model) const { return cells_[model]; }
  /// The prompts of the last choice.
  const std::vector<std::size_t>& prompts() const { return choice_prompts_; }

  /// Names of values, counts, and "name.column" of models.
  Lookup lookup() const;
  const Value* value(const std::string& name) const;
  /// A formula's number; the value itself, whatever its type, when the formula is one name.
  Value result_of(const Expression& formula) const;
  /// Models without an error, as rows; and all their prompts.
  RowSet model_rows() const;
  RowSet prompt_rows() const;

 private:
  Result<void> evaluate_values(const Wanted& wanted);

  const Experiment& experiment_;
  const std::vector<ModelData>& models_;
  const std::atomic<bool>* stop_;
  std::vector<std::unique_ptr<ModelColumns>> columns_;
  std::vector<ModelCells> cells_;
  std::vector<std::vector<ColumnHead>> value_heads_;
  std::vector<std::size_t> choice_prompts_;
  NameIndex column_names_, prompt_names_;
  std::map<std::string, std::size_t, std::less<>> model_names_;
  std::map<std::string, Value, std::less<>> values_, not_run_;
  Value model_count_, prompt_count_;
};

}  // namespace sg
