// ModelColumns: one model's columns, and those of its prompts, under one choice of definition and prompts. The same
// code serves the result and every point of the multiverse.
#pragma once

#include <vector>

#include "experiment/evaluate/choice.h"
#include "experiment/evaluate/measured_columns.h"
#include "experiment/evaluate/row_set.h"

namespace sg {

/// Cells in the order of the heads.
struct ModelCells {
  std::vector<Value> model;
  std::vector<std::vector<Value>> prompts;  // of the chosen prompts, in order
};

/// Refers to the experiment and the data, which must outlive it.
class ModelColumns {
 public:
  ModelColumns(const Experiment& experiment, const ModelData& data);

  /// Evaluates the wanted heads into `cells`, which is made to fit; the other cells keep what they hold.
  void evaluate(const Choice& choice, const Wanted& wanted, ModelCells& cells);

 private:
  Value prompt_value(const Column& column, const Choice& choice, std::size_t place, const Lookup& lookup);
  std::vector<Value> model_values(const Column& column, const Choice& choice, const Wanted& wanted,
                                  const ModelCells& cells);
  Value measured(const Column& column, const Choice& choice);
  std::optional<Value> given(const Column& column, const Choice& choice) const;
  void evaluate_prompts(const Choice& choice, const Wanted& wanted, ModelCells& cells);

  const Experiment& experiment_;
  const ModelData& data_;
  GainTable gains_;
  NameIndex columns_, prompt_columns_;
  std::vector<std::vector<ColumnHead>> heads_;  // of each column
};

}  // namespace sg
