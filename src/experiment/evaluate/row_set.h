// RowSet: rows of named cells that a statistic or a table goes over.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/file/experiment.h"

namespace sg {

/// Places of heads by name.
using NameIndex = std::map<std::string, std::size_t, std::less<>>;
NameIndex index_of(const std::vector<ColumnHead>& heads);

/// Refers to everything. Rows of models that failed are not among them.
struct RowSet {
  std::vector<Lookup> rows;
  const Value* model_count = nullptr;  // of formulas; null: none

  /// Null when there is no such name.
  const Value* cell(std::size_t row, const std::string& name) const;
  Lookup lookup(std::size_t row) const;
};

/// A part of a statistic by its place in parts().
struct PartValue {
  std::size_t place = 0;
  Value value;
};
/// The part at `place`, and others that come with it at no price. Rows without a value that the statistic needs are
/// left out.
std::vector<PartValue> evaluate_part(const RowStatistic& statistic, const RowSet& rows, std::size_t place);

/// How it was computed, for people: "Pearson, two-sided exact t, n = 8".
std::string method_of(const RowStatistic& statistic, const RowSet& rows);

/// Holm's adjustment of p values; those without one stay absent and do not count.
std::vector<Value> adjust_by_holm(const std::vector<Value>& p);

}  // namespace sg
