#include "experiment/file/parse_parts.h"

namespace sg {
namespace {

/// "over" of values, tables and panels.
bool over_prompts(TomlTable& t) { return t.word("over", false, Words<bool>{{"models", false}, {"prompts", true}}); }

}  // namespace

std::optional<RowStatistic> parse_statistic(TomlTable& t) {
  std::optional<RowStatistic> found;
  int count = 0;
  for (const StatisticForm& form : statistic_forms()) {
    if (!t.has(form.word)) continue;
    ++count;
    found = RowStatistic{.kind = form.kind};
    switch (form.takes) {
      case StatisticForm::Takes::kPair: found->columns = t.texts(form.word); break;
      case StatisticForm::Takes::kColumn: found->columns = {t.need_text(form.word)}; break;
      case StatisticForm::Takes::kCondition: found->condition = parse_formula(t, form.word); break;
    }
    if (form.takes == StatisticForm::Takes::kPair && found->columns.size() != 2) {
      t.wrong(form.word, "not a pair", "two columns, [\"x\", \"y\"]",
              std::to_string(found->columns.size()) + " columns");
    }
  }
  if (count > 1) t.wrong("name", "more than one statistic", "exactly one", std::to_string(count));
  auto where = parse_formula(t, "where");
  const auto empty = t.number("empty");
  if (!found) return found;
  found->where = std::move(where);
  found->empty = empty;
  return found;
}

std::vector<ValueSpec> parse_values(TomlTable& root) {
  return root.list("values", "[[values]]", "name", [](TomlTable& t) {
    const std::string name = t.need_text("name");
    t.set_name("[[values]] " + name);
    ValueSpec value = {.name = name,
                       .title = t.text("title", name),
                       .format = parse_format(t, "format"),
                       .source = HolmSource{},
                       .where = t.place()};
    auto statistic = parse_statistic(t);
    auto formula = parse_formula(t, "expr");
    HolmSource holm = {t.texts("holm")};
    const bool prompts = over_prompts(t);
    const int sources = (statistic ? 1 : 0) + (t.has("expr") ? 1 : 0) + (t.has("holm") ? 1 : 0);
    if (sources != 1) {
      t.wrong(
          "name", "a value has exactly one source",
          "one of expr, pearson, spearman, regression, permutation, change_point, count, share, mean, min, max, holm",
          std::to_string(sources));
    }
    if (statistic) {
      statistic->over_prompts = prompts;
      value.source = std::move(*statistic);
    } else if (formula) {
      value.source = ExprSource{*formula};
    } else {
      value.source = std::move(holm);
    }
    return value;
  });
}

std::vector<VerdictSpec> parse_verdicts(TomlTable& root) {
  return root.list("verdicts", "[[verdicts]]", "name", [](TomlTable& t) {
    const std::string name = t.need_text("name");
    t.set_name("[[verdicts]] " + name);
    VerdictSpec verdict = {.name = name,
                           .title = t.text("title", name),
                           .needs = t.texts("needs"),
                           .quantity = t.text("quantity"),
                           .reference = t.number("reference"),
                           .multiverse = t.flag("multiverse", true),
                           .rules = {},
                           .where = t.place()};
    for (TomlTable& r : t.tables("rules", "[[verdicts.rules]] of " + name + ",")) {
      VerdictRule rule = {.when = parse_formula(r, "when"), .label = r.need_text("label"), .sentence = {}};
      Result<Sentence> sentence = Sentence::parse(r.text("sentence"));
      if (sentence.ok()) {
        rule.sentence = std::move(sentence).value();
      } else {
        r.fail("sentence", std::move(sentence).error());
      }
      r.finish();
      if (!verdict.rules.empty() && !verdict.rules.back().when) {
        r.wrong("label", "no rule can follow one without 'when'", "'when' in every rule but the last", "one more rule");
      }
      verdict.rules.push_back(std::move(rule));
    }
    if (verdict.rules.empty()) t.wrong("rules", "there is no rule", "at least one [[verdicts.rules]]", "none");
    return verdict;
  });
}

std::vector<TableSpec> parse_tables(TomlTable& root) {
  return root.list("tables", "[[tables]]", "title", [](TomlTable& t) {
    return TableSpec{.title = t.need_text("title"),
                     .note = t.text("note"),
                     .columns = t.texts("columns"),
                     .sort = t.text("sort"),
                     .descending = t.flag("descending", false),
                     .row_filter = parse_formula(t, "where"),
                     .over_prompts = over_prompts(t),
                     .where = t.place()};
  });
}

namespace {

const Words<ChartKind> kChartKinds = {
    {"bars", ChartKind::kBars}, {"scatter", ChartKind::kScatter}, {"lines", ChartKind::kLines}};

std::optional<std::pair<double, double>> parse_range(TomlTable& t, std::string_view key) {
  if (!t.has(key)) return std::nullopt;
  const std::vector<double> range = t.numbers(key);
  if (range.size() == 2 && range[0] < range[1]) return std::pair(range[0], range[1]);
  t.wrong(key, "not a range", "two ascending numbers", std::to_string(range.size()) + " numbers");
  return std::nullopt;
}

PanelSpec parse_panel(TomlTable& t) {
  PanelSpec p = {.chart = {.kind = t.word("kind", ChartKind::kBars, kChartKinds),
                           .title = t.text("title"),
                           .x_title = t.text("x_title"),
                           .y_title = t.text("y_title"),
                           .right_title = t.text("right_title"),
                           .reference = t.number("reference"),
                           .reference_label = t.text("reference_label"),
                           .log_x = t.flag("log_x", false),
                           .log_y = t.flag("log_y", false),
                           .mark_last = t.flag("mark_last", false),
                           .y_range = parse_range(t, "y_range"),
                           .value_format = parse_format(t, "value_format")},
                 .x = t.text("x"),
                 .y = t.text("y"),
                 .error = t.text("error"),
                 .over_prompts = over_prompts(t),
                 .fit = t.text("fit"),
                 .sort = t.text("sort"),
                 .where = t.place()};
  t.need_text("kind");
  p.series = t.list("series", "series", {}, [](TomlTable& s) {
    const std::string column = s.need_text("column");
    return SeriesSpec{.column = column,
                      .label = s.text("label", column),
                      .color = s.text("color"),
                      .right_axis = s.flag("right_axis", false)};
  });
  p.extra = t.list("extra", "extra", {}, [](TomlTable& e) {
    ExtraPoint point = {.label = e.need_text("label"), .x = e.number("x"), .y = e.number("y").value_or(0)};
    if (!e.has("y")) e.wrong("label", "a point without a height", "y = a number", "none");
    return point;
  });
  p.uprights = t.list("uprights", "uprights", {}, [](TomlTable& u) {
    return UprightSpec{.value = u.need_text("value"), .label = u.need_text("label")};
  });
  if (p.y.empty() == p.series.empty())
    t.wrong("kind", "what a panel shows", "y or series", p.y.empty() ? "neither" : "both");
  if (p.chart.kind == ChartKind::kScatter && p.x.empty())
    t.wrong("kind", "a scatter panel without x", "a column", "none");
  return p;
}

}  // namespace

std::vector<FigureSpec> parse_figures(TomlTable& root) {
  return root.list("figures", "[[figures]]", {}, [](TomlTable& t) {
    FigureSpec figure = {.name = t.need_text("name"), .title = t.text("title"), .columns = 2, .panels = {}};
    if (figure.name.find('/') != std::string::npos) t.wrong("name", "a file name", "no '/'", "'" + figure.name + "'");
    const double columns = t.number("columns").value_or(2);
    if (!(columns >= 1 && columns <= 6)) t.wrong("columns", "panels side by side", "1 to 6", std::to_string(columns));
    figure.columns = columns >= 1 && columns <= 6 ? static_cast<std::size_t>(columns) : 2;
    figure.panels = t.list("panels", "[[figures.panels]] of " + figure.name + ",", {}, [](TomlTable& p) {
      PanelSpec panel = parse_panel(p);
      // A column's name colours by its text or truth; anything else is a condition.
      const std::string color_by = p.text("color_by");
      if (is_name(color_by)) {
        panel.color_column = color_by;
      } else {
        panel.color_condition = parse_formula(p, "color_by");
      }
      return panel;
    });
    return figure;
  });
}

std::vector<ReferenceSpec> parse_references(TomlTable& root) {
  return root.list("references", "[[references]]", "what", [](TomlTable& t) {
    return ReferenceSpec{.what = t.need_text("what"),
                         .source = t.need_text("source"),
                         .theirs = t.value("value"),
                         .ours = parse_formula(t, "ours"),
                         .where = t.place()};
  });
}

}  // namespace sg
