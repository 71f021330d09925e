#include "experiment/file/experiment.h"

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

std::vector<std::string> RowStatistic::parts() const {
  switch (kind) {
    case StatisticKind::kPearson: return {"r", "p", "n", "low", "high"};
    case StatisticKind::kSpearman: return {"r", "p", "n"};
    case StatisticKind::kPermutation: return {"p", "n"};
    case StatisticKind::kRegression: return {"slope", "intercept", "stderr", "r", "p"};
    case StatisticKind::kChangePoint: return {"at", "low", "high", "before", "after"};
    case StatisticKind::kMean:
    case StatisticKind::kMin:
    case StatisticKind::kMax:
    case StatisticKind::kCount:
    case StatisticKind::kShare: return {""};
  }
  return {};
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
  return {.key = key, .name = expression_name(key), .label = label, .facts = std::move(facts)};
}

}  // namespace sg
