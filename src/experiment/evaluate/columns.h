// ModelColumns: one model's columns, and those of its prompts, under one choice of definition and prompts. A cell is
// computed when somebody asks for it, so that the multiverse pays for what its verdicts read and for nothing else.
#pragma once

#include <string_view>
#include <vector>

#include "experiment/evaluate/measured_columns.h"
#include "experiment/evaluate/row_set.h"

namespace sg {

/// One point of the multiverse.
struct Choice {
  Definition definition;             // of "own" gains
  std::vector<std::size_t> prompts;  // places of those that count, ascending
};

/// Refers to the experiment and the data, which must outlive it. What a cell points to lives until the next choice.
class ModelColumns {
 public:
  ModelColumns(const Experiment& experiment, const ModelData& data);

  /// What depends on the choice is forgotten. Before the first one there are no cells.
  void choose(const Choice& choice);
  /// Whether a gain that the choice's definition pools over prompts was computed since.
  bool has_pooled() const { return pooled_; }

  /// Null when there is no such head.
  const Value* cell(std::string_view head);
  const Value* prompt_cell(std::size_t row, std::string_view head);
  /// Of the chosen prompts, in order; none of a failed model or without prompt columns.
  std::size_t prompt_rows() const { return prompt_cells_.size(); }

 private:
  struct Cell {
    std::optional<Value> value;
    bool varies = false;  // with the definition
  };
  template <class Compute>
  const Value* remembered(Cell& cell, const Compute& compute);
  Value head_value(std::size_t head);
  Value statistic_value(const RowStatistic& statistic, std::size_t head);
  Value prompt_value(const Column& column, std::size_t row);
  Value measured(const Column& column);
  std::optional<Value> given(const Column& column);
  Definition definition_of(const GainSource& source);
  Definition pooled_definition_of(const GainSource& source);

  const Experiment& experiment_;
  const ModelData& data_;
  GainTable gains_;
  NameIndex heads_, prompt_heads_;
  std::vector<const Column*> owners_;  // of each head
  Choice choice_;
  std::vector<Cell> cells_;
  std::vector<std::vector<Cell>> prompt_cells_;
  bool pooled_ = false;
  bool varies_ = false;  // what is being computed has read something that varies
};

}  // namespace sg
