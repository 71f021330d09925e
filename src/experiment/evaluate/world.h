// World: every column and value of an experiment under one choice of definition and prompts, each computed when it is
// asked for.
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
  World(const Experiment& experiment, const std::vector<ModelData>& models);

  /// From now on everything is under this choice.
  void choose(const Choice& choice);
  /// Whether a gain that the choice's definition pools over prompts was computed since.
  bool has_pooled() const;

  const Experiment& experiment() const { return experiment_; }
  const std::vector<ModelData>& models() const { return models_; }
  /// One model's columns, by a head or in the order of all; and those of its chosen prompts.
  const Value* cell(std::size_t model, std::string_view head) const { return columns_[model]->cell(head); }
  std::vector<Value> row(std::size_t model) const;
  std::vector<std::vector<Value>> prompt_rows(std::size_t model) const;
  std::size_t prompt_count(std::size_t model) const { return columns_[model]->prompt_rows(); }

  /// A text with values in braces, filled.
  std::string filled(const std::string& text) const;
  /// Names of values, counts, and "name.column" of models, "name.label" and "name.who" (with whose place it takes).
  /// Null when there is no such name; what it points to lives until the next choice.
  const Value* value(const std::string& name) const;
  Lookup lookup() const;
  /// A formula's number; the value itself, whatever its type, when the formula is one name.
  Value result_of(const Expression& formula) const;
  /// Models without an error, as rows; and all their prompts.
  RowSet model_rows() const;
  RowSet prompt_rows() const;

 private:
  /// A value of the experiment: the part of a specification that a head stands for.
  struct Head {
    const ValueSpec* spec = nullptr;
    std::size_t part = 0;
    std::optional<Value> value = {};
  };
  Value computed(Head& head) const;

  const Experiment& experiment_;
  const std::vector<ModelData>& models_;
  std::vector<std::unique_ptr<ModelColumns>> columns_;  // they remember what was asked
  mutable std::map<std::string, Head, std::less<>> heads_;
  std::map<std::string, std::size_t, std::less<>> model_names_;
  std::map<std::string, Value, std::less<>> not_run_;
  std::map<std::string, Value, std::less<>> called_;  // "llama.label" and "llama.who": names for sentences
  Value model_count_, prompt_count_;
};

}  // namespace sg
