// RowSet: rows of named cells that a statistic or a table goes over.
#pragma once

#include <functional>
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
  const NameIndex* names = nullptr;
  std::vector<const std::vector<Value>*> rows;
  const Value* model_count = nullptr;  // of formulas; null: none

  /// Null when there is no such name.
  const Value* cell(std::size_t row, const std::string& name) const;
  Lookup lookup(std::size_t row) const;
};

/// Whether some part of a statistic is wanted: "r", "low", ...; "" for a plain number.
using PartWanted = std::function<bool(std::string_view part)>;

/// The statistic's parts, in the order of parts(). Rows without a value that the statistic needs are left out; parts
/// that are not wanted are absent.
std::vector<Value> evaluate_statistic(const RowStatistic& statistic, const RowSet& rows, const PartWanted& wanted);

/// How it was computed, for people: "Pearson, two-sided exact t, n = 8".
std::string method_of(const RowStatistic& statistic, const RowSet& rows);

/// Holm's adjustment of p values; those without one stay absent and do not count.
std::vector<Value> adjust_by_holm(const std::vector<Value>& p);

}  // namespace sg
