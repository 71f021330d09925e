#include "experiment/file/experiment.h"

#include <algorithm>
#include <cctype>

namespace sg {
namespace {

std::vector<ColumnHead> with_parts(const ColumnHead& head, const std::vector<std::string>& parts) {
  std::vector<ColumnHead> heads;
  for (const std::string& part : parts) {
    if (part.empty()) {
      heads.push_back(head);
    } else {
      heads.push_back({.name = head.name + "." + part, .title = head.title + ": " + part, .format = head.format});
    }
  }
  return heads;
}

}  // namespace

const std::vector<StatisticForm>& statistic_forms() {
  using Kind = StatisticKind;
  using Takes = StatisticForm::Takes;
  static const std::vector<StatisticForm> kForms = {
      {"pearson", Kind::kPearson, Takes::kPair, {"r", "p", "n", "low", "high"}},
      {"spearman", Kind::kSpearman, Takes::kPair, {"r", "p", "n"}},
      {"regression", Kind::kRegression, Takes::kPair, {"slope", "intercept", "stderr", "r", "p"}},
      {"permutation", Kind::kPermutation, Takes::kPair, {"p", "n"}},
      {"change_point", Kind::kChangePoint, Takes::kPair, {"at", "low", "high", "before", "after"}},
      {"mean", Kind::kMean, Takes::kColumn, {""}},
      {"min", Kind::kMin, Takes::kColumn, {""}},
      {"max", Kind::kMax, Takes::kColumn, {""}},
      {"count", Kind::kCount, Takes::kCondition, {""}},
      {"share", Kind::kShare, Takes::kCondition, {""}}};
  return kForms;
}

const std::vector<std::string>& RowStatistic::parts() const {
  return std::ranges::find(statistic_forms(), kind, &StatisticForm::kind)->parts;
}

std::vector<ColumnHead> heads_of(const Column& column) {
  const ColumnHead head = {.name = column.name, .title = column.title, .format = column.format};
  const auto* statistic = std::get_if<RowStatistic>(&column.source);
  return statistic == nullptr ? std::vector{head} : with_parts(head, statistic->parts());
}

std::vector<ColumnHead> heads_of(const std::vector<Column>& columns) {
  std::vector<ColumnHead> heads;
  for (const Column& column : columns) {
    for (ColumnHead& head : heads_of(column)) heads.push_back(std::move(head));
  }
  return heads;
}

std::vector<ColumnHead> heads_of(const ValueSpec& value) {
  const ColumnHead head = {.name = value.name, .title = value.title, .format = value.format};
  if (const auto* statistic = std::get_if<RowStatistic>(&value.source)) return with_parts(head, statistic->parts());
  if (const auto* holm = std::get_if<HolmSource>(&value.source)) {
    std::vector<std::string> parts;
    for (std::size_t i = 1; i <= holm->values.size(); ++i) parts.push_back(std::to_string(i));
    return with_parts(head, parts);
  }
  return {head};
}

std::string expression_name(const std::string& key) {
  std::string name;
  for (const char c : key) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) name.insert(0, "m_");
  return name;
}

ModelEntry given_model(const std::string& key, const std::string& label,
                       std::vector<std::pair<std::string, Value>> facts) {
  return {.key = key, .name = expression_name(key), .label = label, .facts = std::move(facts), .role = {}};
}

}  // namespace sg
