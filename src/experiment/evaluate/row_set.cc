#include "experiment/evaluate/row_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>

#include "experiment/value/value.h"
#include "stats/bootstrap.h"
#include "stats/change_point.h"
#include "stats/correlation.h"
#include "stats/descriptive.h"
#include "stats/holm.h"
#include "stats/permutation.h"
#include "stats/regression.h"

namespace sg {
namespace {

struct Sample {
  std::vector<double> x, y;  // y is empty for a statistic of one column
};

/// Rows that have all columns and that `where` admits, in order.
Sample sample_of(const RowStatistic& s, const RowSet& rows) {
  Sample sample;
  for (std::size_t r = 0; r < rows.rows.size(); ++r) {
    if (s.where && !s.where->holds(rows.lookup(r))) continue;
    double found[2] = {0, 0};
    bool all = true;
    for (std::size_t c = 0; c < s.columns.size() && c < 2; ++c) {
      const Value* value = rows.cell(r, s.columns[c]);
      const Measured number = value != nullptr ? number_of(*value, s.columns[c]) : Measured{};
      all = all && number.ok();
      found[c] = number.value.value_or(0);
    }
    if (!all) continue;
    sample.x.push_back(found[0]);
    if (s.columns.size() > 1) sample.y.push_back(found[1]);
  }
  return sample;
}

/// Whether some part of a statistic is wanted: "r", "low", ...; the others need not be computed.
using PartWanted = std::function<bool(std::string_view part)>;

std::vector<Value> all_absent(std::size_t count, const std::string& why) { return std::vector(count, absent(why)); }

template <class T>
Value part_of(const Estimate<T>& estimate, double T::*member) {
  return estimate.ok() ? finite((*estimate.value).*member, "it") : absent(estimate.reason);
}

Value count_value(std::size_t n) { return static_cast<std::int64_t>(n); }

std::optional<double> pearson_r(std::span<const double> x, std::span<const double> y) {
  const Estimate<Correlation> c = pearson(x, y);
  return c.ok() ? std::optional(c->r) : std::nullopt;
}

std::vector<Value> pearson_parts(const Sample& s, const PartWanted& wanted) {
  const Estimate<Correlation> c = pearson(s.x, s.y);
  if (!c.ok()) {
    std::vector<Value> none = all_absent(5, c.reason);
    none[2] = count_value(s.x.size());
    return none;
  }
  Estimate<Interval> interval = Estimate<Interval>::absent("not computed here");
  if (wanted("low") || wanted("high")) interval = bootstrap_pairs(s.x, s.y, pearson_r);
  return {c->r, c->p, count_value(c->n), part_of(interval, &Interval::low), part_of(interval, &Interval::high)};
}

std::vector<Value> spearman_parts(const Sample& s) {
  const Estimate<Correlation> c = spearman(s.x, s.y);
  if (!c.ok()) return {absent(c.reason), absent(c.reason), count_value(s.x.size())};
  return {c->r, c->p, count_value(c->n)};
}

std::vector<Value> regression_parts(const Sample& s) {
  const Estimate<Regression> fit = linear_regression(s.x, s.y);
  return {part_of(fit, &Regression::slope), part_of(fit, &Regression::intercept),
          part_of(fit, &Regression::stderr_slope), part_of(fit, &Regression::r), part_of(fit, &Regression::p)};
}

std::vector<Value> permutation_parts(const Sample& s, const PartWanted& wanted) {
  if (!wanted("p")) return {absent("not computed here"), count_value(s.x.size())};
  const Estimate<PermutationTest> test = permutation_correlation(s.x, s.y);
  return {part_of(test, &PermutationTest::p), count_value(s.x.size())};
}

/// x places the series: rows in its order; what change_point counts becomes the x of the first value after the step.
std::vector<Value> change_point_parts(const Sample& s, const PartWanted& wanted) {
  std::vector<std::size_t> order(s.x.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return s.x[a] < s.x[b]; });
  std::vector<double> x, y;
  for (const std::size_t i : order) {
    x.push_back(s.x[i]);
    y.push_back(s.y[i]);
  }
  const Estimate<ChangePoint> found = change_point(y);
  if (!found.ok()) return all_absent(5, found.reason);
  Estimate<Interval> interval = Estimate<Interval>::absent("not computed here");
  if (wanted("low") || wanted("high")) interval = change_point_interval(y);
  const auto at_step = [&](double place) {
    return x[std::min(static_cast<std::size_t>(std::lround(std::max(place, 0.0))), x.size() - 1)];
  };
  return {x[found->at], interval.ok() ? Value(at_step(interval->low)) : absent(interval.reason),
          interval.ok() ? Value(at_step(interval->high)) : absent(interval.reason), found->before, found->after};
}

Value number_or_reason(const Estimate<double>& estimate) {
  return estimate.ok() ? Value(*estimate.value) : absent(estimate.reason);
}

/// Rows that lack an operand of the condition or of `where` are left out. A count is 0, and a share what `empty` says,
/// when rows could be looked at and `where` admitted none; when none of those admitted can be counted, or of none it is
/// known whether it is admitted, there is neither.
Value count_rows(const RowStatistic& s, const RowSet& rows) {
  std::int64_t holds = 0, of = 0, admitted = 0, known = 0;
  for (std::size_t r = 0; r < rows.rows.size(); ++r) {
    const Lookup lookup = rows.lookup(r);
    const Value admits = s.where ? s.where->test(lookup) : Value(true);
    if (is_absent(admits)) continue;
    ++known;
    if (!std::get<bool>(admits)) continue;
    ++admitted;
    const Value truth = s.condition->test(lookup);
    if (is_absent(truth)) continue;
    ++of;
    holds += std::get<bool>(truth) ? 1 : 0;
  }
  if (known == 0 || (admitted > 0 && of == 0)) return absent("no row can be counted");
  if (s.kind == StatisticKind::kCount) return holds;
  if (of > 0) return static_cast<double>(holds) / static_cast<double>(of);
  return s.empty ? Value(*s.empty) : absent("no row has " + s.where->text());
}

std::vector<Value> evaluate_statistic(const RowStatistic& s, const RowSet& rows, const PartWanted& wanted) {
  switch (s.kind) {
    case StatisticKind::kPearson: return pearson_parts(sample_of(s, rows), wanted);
    case StatisticKind::kSpearman: return spearman_parts(sample_of(s, rows));
    case StatisticKind::kRegression: return regression_parts(sample_of(s, rows));
    case StatisticKind::kPermutation: return permutation_parts(sample_of(s, rows), wanted);
    case StatisticKind::kChangePoint: return change_point_parts(sample_of(s, rows), wanted);
    case StatisticKind::kMean: return {number_or_reason(arithmetic_mean(sample_of(s, rows).x))};
    case StatisticKind::kMin: return {number_or_reason(smallest(sample_of(s, rows).x))};
    case StatisticKind::kMax: return {number_or_reason(largest(sample_of(s, rows).x))};
    case StatisticKind::kCount:
    case StatisticKind::kShare: return {count_rows(s, rows)};
  }
  return {};
}

}  // namespace

NameIndex index_of(const std::vector<ColumnHead>& heads) {
  NameIndex index;
  for (std::size_t i = 0; i < heads.size(); ++i) index.emplace(heads[i].name, i);
  return index;
}

const Value* RowSet::cell(std::size_t row, const std::string& name) const {
  const Value* found = rows[row](name);
  return found == nullptr && name == kModelCount ? model_count : found;
}

Lookup RowSet::lookup(std::size_t row) const {
  return [this, row](const std::string& name) { return cell(row, name); };
}

std::vector<PartValue> evaluate_part(const RowStatistic& s, const RowSet& rows, std::size_t place) {
  const std::vector<std::string>& parts = s.parts();
  const auto of_interval = [](std::string_view part) { return part == "low" || part == "high"; };
  const auto wanted = [&](std::string_view part) {
    return part == parts[place] || (of_interval(part) && of_interval(parts[place]));
  };
  std::vector<Value> values = evaluate_statistic(s, rows, wanted);
  std::vector<PartValue> found;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (wanted(parts[i])) found.push_back({i, std::move(values[i])});
  }
  return found;
}

std::string method_of(const RowStatistic& s, const RowSet& rows) {
  const auto n = [&] { return sample_of(s, rows).x.size(); };
  switch (s.kind) {
    case StatisticKind::kPearson: return fmt::format("Pearson, two-sided exact t; 95 % BCa bootstrap; n = {}", n());
    case StatisticKind::kSpearman: return fmt::format("Spearman, p by t; n = {}", n());
    case StatisticKind::kRegression: return fmt::format("least squares; n = {}", n());
    case StatisticKind::kPermutation: {
      const Sample sample = sample_of(s, rows);
      const Estimate<PermutationTest> test = permutation_correlation(sample.x, sample.y);
      if (!test.ok()) return "permutation test of Pearson's r, two-sided";
      return fmt::format("permutation test of Pearson's r, two-sided; {} {}; n = {}",
                         test->exact ? "exact, all" : "Monte Carlo,", test->arrangements, sample.x.size());
    }
    case StatisticKind::kChangePoint: return fmt::format("two levels by least squares; 95 % bootstrap; n = {}", n());
    case StatisticKind::kMean:
    case StatisticKind::kMin:
    case StatisticKind::kMax: return fmt::format("n = {}", n());
    case StatisticKind::kCount:
    case StatisticKind::kShare: return s.condition->text() + (s.where ? ", among " + s.where->text() : std::string());
  }
  return {};
}

std::vector<Value> adjust_by_holm(const std::vector<Value>& p) {
  std::vector<double> known;
  for (const Value& value : p) {
    if (const Measured number = number_of(value, "p"); number.ok()) known.push_back(*number.value);
  }
  const Estimate<std::vector<double>> adjusted = holm(known);
  std::vector<Value> all;
  std::size_t next = 0;
  for (const Value& value : p) {
    const Measured number = number_of(value, "p");
    if (!number.ok()) {
      all.push_back(absent(number.reason));
    } else {
      all.push_back(adjusted.ok() ? Value((*adjusted.value)[next++]) : absent(adjusted.reason));
    }
  }
  return all;
}

}  // namespace sg
