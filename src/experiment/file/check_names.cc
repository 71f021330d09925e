#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/nearest.h"
#include "base/overloaded.h"
#include "experiment/file/parse_parts.h"
#include "experiment/value/field_value.h"
#include "measure/routing_summary.h"

namespace sg {
namespace {

using Names = std::set<std::string>;

Names names_of(const std::vector<ColumnHead>& heads) {
  Names names;
  for (const ColumnHead& head : heads) names.insert(head.name);
  return names;
}

Result<void> check_one(const std::string& name, const Names& known, const std::string& what, const std::string& where) {
  if (known.contains(name)) return {};
  Error error = unknown_word("unknown " + what, where, name, {known.begin(), known.end()});
  error.kind = ErrorKind::kBadInput;
  if (known.empty()) error.expected = "none, since the file has none before it";
  return error;
}

Result<void> check_all(const std::vector<std::string>& names, const Names& known, const std::string& what,
                       const std::string& where) {
  for (const std::string& name : names) SG_TRY_VOID(check_one(name, known, what, where));
  return {};
}

Result<void> check_formula(const std::optional<Expression>& formula, const Names& known, const std::string& where) {
  return formula ? check_all(formula->names(), known, "name in '" + formula->text() + "'", where) : Result<void>();
}

Result<void> check_statistic(const RowStatistic& s, Names known, const std::string& where) {
  SG_TRY_VOID(check_all(s.columns, known, "column", where));
  if (!s.over_prompts) known.insert(std::string(kModelCount));
  SG_TRY_VOID(check_formula(s.condition, known, where));
  return check_formula(s.where, known, where);
}

/// The columns above one, and whether it may stand among prompts.
struct ColumnScope {
  const Experiment& experiment;
  const Names& known;    // columns above
  const Names& prompts;  // prompt columns
  bool of_prompts = false;
  std::string where;

  Result<void> refuse(const std::string& what, const std::string& expected) const {
    return Error{.what = what, .where = where, .expected = expected};
  }
};

Result<void> check_measured(const WeightSource& s, const ColumnScope& scope) {
  const auto& measured = scope.experiment.weights;
  if (s.role.empty() ? !measured.empty() : std::count(measured.begin(), measured.end(), s.role) > 0) return {};
  return scope.refuse("the statistics of " + (s.role.empty() ? "W_U and W_E" : s.role) + " are not measured",
                      "weights = [\"" + (s.role.empty() ? "W_U\", \"W_E" : s.role) + "\"] in [measure]");
}

Result<void> check_source(const ColumnSource& source, const ColumnScope& scope) {
  const auto formula = [&](const Expression& e) { return check_formula(e, scope.known, scope.where); };
  const auto model_only = [&](const char* name) -> Result<void> {
    if (!scope.of_prompts) return {};
    return scope.refuse(std::string(name) + " is a quantity of a model",
                        "gain, logits, routing, expr, test, cases or prompt");
  };
  return std::visit(Overloaded{
                        [&](const FactSource&) { return model_only("fact"); },
                        [&](const ModelSource&) { return model_only("model"); },
                        [&](const GainSource& s) -> Result<void> {
                          if (!scope.of_prompts || s.part == GainPart::kValue) return {};
                          return scope.refuse("one prompt has one gain", "no part");
                        },
                        [&](const LadderSource&) { return model_only("ladder"); },
                        [&](const WeightSource& s) -> Result<void> {
                          SG_TRY_VOID(model_only("weight"));
                          return check_measured(s, scope);
                        },
                        [&](const LogitsSource&) -> Result<void> {
                          if (scope.experiment.logits) return {};
                          return scope.refuse("the output distribution is not measured", "logits = true in [measure]");
                        },
                        [&](const RoutingSource& s) {
                          const std::vector<std::string> keys =
                              scope.of_prompts ? field_keys<PromptRouting>() : field_keys<ModelRouting>();
                          return check_one(s.key, Names(keys.begin(), keys.end()), "quantity of routing", scope.where);
                        },
                        [&](const ExprSource& s) { return formula(s.expression); },
                        [&](const TestSource& s) { return formula(s.condition); },
                        [&](const EqualsSource& s) { return check_one(s.column, scope.known, "column", scope.where); },
                        [&](const ListSource& s) { return check_one(s.column, scope.known, "column", scope.where); },
                        [&](const CasesSource& s) -> Result<void> {
                          for (const CasesSource::Case& c : s.cases)
                            SG_TRY_VOID(check_formula(c.when, scope.known, scope.where));
                          return {};
                        },
                        [&](const RowStatistic& s) -> Result<void> {
                          SG_TRY_VOID(model_only("over_prompts"));
                          RowStatistic over = s;
                          over.over_prompts = true;
                          return check_statistic(over, scope.prompts, scope.where);
                        },
                        [](const ConstSource&) -> Result<void> { return {}; },
                        [&](const PromptSource&) -> Result<void> {
                          if (scope.of_prompts) return {};
                          return scope.refuse("prompt is a quantity of a prompt", "[[prompt_columns]]");
                        },
                    },
                    source);
}

Result<void> check_columns(const Experiment& e, const std::vector<Column>& columns, bool of_prompts,
                           const Names& prompts) {
  Names known;
  for (const Column& column : columns) {
    SG_TRY_VOID(check_source(
        column.source,
        {.experiment = e, .known = known, .prompts = prompts, .of_prompts = of_prompts, .where = column.where}));
    for (const ColumnHead& head : heads_of(column)) {
      if (known.insert(head.name).second) continue;
      return Error{.what = "a second column of this name", .where = column.where, .got = "'" + head.name + "'"};
    }
  }
  return {};
}

/// Names that formulas over the whole experiment may use, besides values: "llama2.gain" and the counts.
Names whole_names(const Experiment& e, const Names& columns) {
  Names names = {std::string(kModelCount), std::string(kPromptCount)};
  for (const ModelEntry& model : e.models) {
    for (const std::string& column : columns) names.insert(model.name + "." + column);
    for (const char* called : {".label", ".who"}) names.insert(model.name + called);
  }
  return names;
}

Result<void> check_values(const Experiment& e, const Names& columns, const Names& prompts, Names& known) {
  for (const ValueSpec& value : e.values) {
    if (const auto* s = std::get_if<RowStatistic>(&value.source)) {
      SG_TRY_VOID(check_statistic(*s, s->over_prompts ? prompts : columns, value.where));
    } else if (const auto* formula = std::get_if<ExprSource>(&value.source)) {
      SG_TRY_VOID(check_formula(formula->expression, known, value.where));
    } else {
      SG_TRY_VOID(check_all(std::get<HolmSource>(value.source).values, known, "value", value.where));
    }
    SG_TRY(const Sentence title, Sentence::parse(value.title));
    SG_TRY_VOID(check_all(title.names(), known, "name in a title", value.where));
    for (const ColumnHead& head : heads_of(value)) {
      if (known.insert(head.name).second) continue;
      return Error{.what = "a second value of this name", .where = value.where, .got = "'" + head.name + "'"};
    }
  }
  return {};
}

Result<void> check_verdicts(const Experiment& e, const Names& known) {
  Names names;
  for (const VerdictSpec& verdict : e.verdicts) {
    if (!names.insert(verdict.name).second) {
      return Error{.what = "a second verdict of this name", .where = verdict.where};
    }
    SG_TRY_VOID(check_all(verdict.needs, known, "value", verdict.where));
    if (!verdict.quantity.empty()) SG_TRY_VOID(check_one(verdict.quantity, known, "value", verdict.where));
    for (const VerdictRule& rule : verdict.rules) {
      SG_TRY_VOID(check_formula(rule.when, known, verdict.where));
      const std::string what = "value in '" + rule.sentence.text() + "'";
      SG_TRY_VOID(check_all(rule.sentence.names(), known, what, verdict.where));
    }
  }
  return {};
}

Result<void> check_shown(const Experiment& e, const Names& columns, const Names& prompts) {
  for (const TableSpec& table : e.tables) {
    const Names& known = table.over_prompts ? prompts : columns;
    SG_TRY_VOID(check_all(table.columns, known, "column", table.where));
    if (!table.sort.empty()) SG_TRY_VOID(check_one(table.sort, known, "column", table.where));
    SG_TRY_VOID(check_formula(table.row_filter, known, table.where));
  }
  Names fits, values;
  for (const ValueSpec& value : e.values) {
    const auto* s = std::get_if<RowStatistic>(&value.source);
    if (s != nullptr && s->kind == StatisticKind::kRegression) fits.insert(value.name);
    for (const ColumnHead& head : heads_of(value)) values.insert(head.name);
  }
  for (const FigureSpec& figure : e.figures) {
    for (const PanelSpec& panel : figure.panels) {
      const Names& known = panel.over_prompts ? prompts : columns;
      std::vector<std::string> used = {panel.x, panel.y, panel.error, panel.sort};
      if (panel.color_column != kColorByModel) used.push_back(panel.color_column);
      for (const SeriesSpec& series : panel.series) used.push_back(series.column);
      std::erase(used, "");
      SG_TRY_VOID(check_all(used, known, "column", panel.where));
      SG_TRY_VOID(check_formula(panel.color_condition, known, panel.where));
      for (const UprightSpec& upright : panel.uprights) {
        SG_TRY_VOID(check_one(upright.value, values, "value", panel.where));
      }
      if (!panel.fit.empty()) SG_TRY_VOID(check_one(panel.fit, fits, "regression", panel.where));
    }
  }
  return {};
}

Result<void> check_results(const Experiment& e, const Names& columns, Names known) {
  for (const ReferenceSpec& reference : e.references) {
    SG_TRY_VOID(check_formula(reference.ours, known, reference.where));
  }
  for (const VerdictSpec& verdict : e.verdicts) known.insert(verdict.name);
  known.insert({"started", "model_keys"});
  Names each = columns;
  each.insert({"key", "label"});
  for (const ResultKey& key : e.results) {
    if (!key.name.empty()) SG_TRY_VOID(check_one(key.name, known, "value or verdict", key.where));
    SG_TRY_VOID(check_formula(key.expression, known, key.where));
    for (const ResultKey::Each& one : key.each) SG_TRY_VOID(check_one(one.column, each, "column", key.where));
  }
  return {};
}

Result<void> check_models(const Experiment& e) {
  Names keys, names;
  for (const ModelEntry& model : e.models) {
    if (!keys.insert(model.key).second || !names.insert(model.name).second) {
      return Error{.what = "two models of one key or name", .where = model.where, .got = "'" + model.key + "'"};
    }
  }
  return {};
}

}  // namespace

Result<void> check_names(const Experiment& e) {
  const Names prompts = names_of(heads_of(e.prompt_columns)), columns = names_of(heads_of(e.columns));
  SG_TRY_VOID(check_models(e));
  SG_TRY_VOID(check_columns(e, e.prompt_columns, /*of_prompts=*/true, prompts));
  SG_TRY_VOID(check_columns(e, e.columns, /*of_prompts=*/false, prompts));
  Names known = whole_names(e, columns);
  SG_TRY_VOID(check_values(e, columns, prompts, known));
  SG_TRY_VOID(check_verdicts(e, known));
  SG_TRY_VOID(check_shown(e, columns, prompts));
  return check_results(e, columns, known);
}

}  // namespace sg
