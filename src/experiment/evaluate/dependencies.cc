#include "experiment/evaluate/dependencies.h"

#include <algorithm>
#include <map>

#include "base/overloaded.h"

namespace sg {
namespace {

using Names = std::vector<std::string>;
using NameSet = std::set<std::string, std::less<>>;

void append(Names& to, const Names& more) { to.insert(to.end(), more.begin(), more.end()); }

Names names_in(const RowStatistic& s) {
  Names names = s.columns;
  if (s.condition) append(names, s.condition->names());
  if (s.where) append(names, s.where->names());
  return names;
}

/// The columns above that a column reads; those of prompts when it is a statistic over them.
Names names_in(const ColumnSource& source) {
  return std::visit(Overloaded{[](const ExprSource& s) { return s.expression.names(); },
                               [](const TestSource& s) { return s.condition.names(); },
                               [](const EqualsSource& s) { return Names{s.column}; },
                               [](const ListSource& s) { return Names{s.column}; },
                               [](const CasesSource& s) {
                                 Names names;
                                 for (const auto& one : s.cases) {
                                   if (one.when) append(names, one.when->names());
                                 }
                                 return names;
                               },
                               [](const RowStatistic& s) { return names_in(s); }, [](const auto&) { return Names{}; }},
                    source);
}

/// Heads by name, and whose they are.
std::map<std::string, const Column*, std::less<>> owners_of(const std::vector<Column>& columns) {
  std::map<std::string, const Column*, std::less<>> owners;
  for (const Column& column : columns) {
    for (const ColumnHead& head : heads_of(column)) owners.emplace(head.name, &column);
  }
  return owners;
}

class Closure {
 public:
  explicit Closure(const Experiment& e) : columns_(owners_of(e.columns)), prompts_(owners_of(e.prompt_columns)) {
    for (const ValueSpec& value : e.values) {
      for (const ColumnHead& head : heads_of(value)) values_.emplace(head.name, &value);
    }
  }

  void whole(const std::string& name) {
    const auto value = values_.find(name);
    if (value == values_.end()) {
      const std::size_t dot = name.find('.');
      if (dot != std::string::npos) column(name.substr(dot + 1));
      return;
    }
    if (!wanted.values.insert(name).second) return;
    std::visit(Overloaded{[&](const ExprSource& s) {
                            for (const std::string& n : s.expression.names()) whole(n);
                          },
                          [&](const HolmSource& s) {
                            for (const std::string& n : s.values) whole(n);
                          },
                          [&](const RowStatistic& s) {
                            for (const std::string& n : names_in(s)) s.over_prompts ? prompt(n) : column(n);
                          }},
               value->second->source);
  }

  void column(const std::string& name) {
    const auto owner = columns_.find(name);
    if (owner == columns_.end() || !wanted.columns.insert(name).second) return;
    const bool over_prompts = std::holds_alternative<RowStatistic>(owner->second->source);
    for (const std::string& n : names_in(owner->second->source)) over_prompts ? prompt(n) : column(n);
  }

  void prompt(const std::string& name) {
    const auto owner = prompts_.find(name);
    if (owner == prompts_.end() || !wanted.prompt_columns.insert(name).second) return;
    for (const std::string& n : names_in(owner->second->source)) prompt(n);
  }

  Wanted wanted;

 private:
  std::map<std::string, const Column*, std::less<>> columns_, prompts_;
  std::map<std::string, const ValueSpec*, std::less<>> values_;
};

bool is_own_gain(const ColumnSource& source) {
  const auto* gain = std::get_if<GainSource>(&source);
  return gain != nullptr && !gain->fixed;
}

/// Heads that change with the definition, among columns in the order of the file.
NameSet varying_columns(const std::vector<Column>& columns, const NameSet& prompts) {
  NameSet varies;
  for (const Column& column : columns) {
    const NameSet& above = std::holds_alternative<RowStatistic>(column.source) ? prompts : varies;
    const Names names = names_in(column.source);
    const bool changes = is_own_gain(column.source) ||
                         std::any_of(names.begin(), names.end(), [&](const auto& n) { return above.contains(n); });
    if (!changes) continue;
    for (const ColumnHead& head : heads_of(column)) varies.insert(head.name);
  }
  return varies;
}

NameSet both(const NameSet& a, const NameSet& b) {
  NameSet common;
  for (const std::string& name : a) {
    if (b.contains(name)) common.insert(name);
  }
  return common;
}

}  // namespace

Wanted everything(const Experiment& experiment) {
  Wanted all;
  for (const ColumnHead& head : heads_of(experiment.columns)) all.columns.insert(head.name);
  for (const ColumnHead& head : heads_of(experiment.prompt_columns)) all.prompt_columns.insert(head.name);
  for (const ValueSpec& value : experiment.values) {
    for (const ColumnHead& head : heads_of(value)) all.values.insert(head.name);
  }
  return all;
}

Wanted needed_for(const Experiment& experiment, const std::vector<std::string>& names) {
  Closure closure(experiment);
  for (const std::string& name : names) closure.whole(name);
  return std::move(closure.wanted);
}

Wanted varying(const Experiment& experiment, const Wanted& wanted) {
  const NameSet prompts = varying_columns(experiment.prompt_columns, {});
  const NameSet columns = varying_columns(experiment.columns, prompts);
  return {.columns = both(wanted.columns, columns),
          .prompt_columns = both(wanted.prompt_columns, prompts),
          .values = wanted.values};
}

std::vector<std::string> names_of(const VerdictSpec& verdict) {
  Names names = verdict.needs;
  if (!verdict.quantity.empty()) names.push_back(verdict.quantity);
  for (const VerdictRule& rule : verdict.rules) {
    if (rule.when) append(names, rule.when->names());
  }
  return names;
}

}  // namespace sg
