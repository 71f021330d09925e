#include "experiment/evaluate/panels.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/each_once.h"
#include "experiment/evaluate/tables.h"
#include "experiment/value/value.h"

namespace sg {
namespace {

/// The rows that a panel shows, in its order; failed models are left out.
struct Points {
  RowSet rows;
  std::vector<std::string> labels;
  std::vector<std::string> texts;  // of prompts
  std::vector<std::size_t> order;

  const Value* cell(std::size_t i, const std::string& column) const { return rows.cell(order[i], column); }
  std::optional<double> number(std::size_t i, const std::string& column) const {
    const Value* value = column.empty() ? nullptr : cell(i, column);
    return value != nullptr ? number_of(*value, column).value : std::nullopt;
  }
  const std::string& label(std::size_t i) const { return labels[order[i]]; }
  /// Of a point that is a prompt: ", its text".
  std::string prompt(std::size_t i) const { return order[i] < texts.size() ? ", " + texts[order[i]] : ""; }
  std::size_t size() const { return order.size(); }
};

Points points_of(const PanelSpec& spec, const World& world) {
  Points points = {
      .rows = spec.over_prompts ? world.prompt_rows() : world.model_rows(), .labels = {}, .texts = {}, .order = {}};
  for (std::size_t m = 0; m < world.models().size(); ++m) {
    const ModelData& data = world.models()[m];
    if (data.error) continue;
    const std::size_t rows = spec.over_prompts ? world.prompt_count(m) : 1;
    points.labels.insert(points.labels.end(), rows, data.label);
    const std::vector<Prompt>& prompts = world.experiment().prompts;
    for (std::size_t p = 0; spec.over_prompts && p < rows; ++p)
      points.texts.push_back(prompts[p % prompts.size()].text);
  }
  std::vector<const Value*> keys(points.rows.rows.size(), nullptr);
  if (!spec.sort.empty()) {
    for (std::size_t r = 0; r < keys.size(); ++r) keys[r] = points.rows.cell(r, spec.sort);
  }
  points.order = sorted_by(keys, false);
  return points;
}

/// "gain >= 1" of "gain < 1"; "otherwise" of what is more than one comparison.
std::string contrary_of(const std::string& condition) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kContrary = {
      {{" <= ", " > "}, {" >= ", " < "}, {" < ", " >= "}, {" > ", " <= "}, {" == ", " != "}, {" != ", " == "}}};
  if (condition.find_first_of("&|!?") != std::string::npos && condition.find(" != ") == std::string::npos) {
    return "otherwise";
  }
  for (const auto& [from, to] : kContrary) {
    const std::size_t at = condition.find(from);
    if (at == std::string::npos) continue;
    return condition.substr(0, at) + std::string(to) + condition.substr(at + from.size());
  }
  return "otherwise";
}

/// What a point is coloured by: a text, or whether the condition holds. Empty: nothing.
std::string group_of(const PanelSpec& spec, const Points& points, std::size_t i) {
  if (spec.color_column == kColorByModel) return points.label(i);
  if (!spec.color_column.empty()) {
    const Value* value = points.cell(i, spec.color_column);
    return value == nullptr || is_absent(*value) ? "no value" : show(*value, "");
  }
  if (!spec.color_condition) return {};
  const Value truth = spec.color_condition->test(points.rows.lookup(points.order[i]));
  if (is_absent(truth)) return "no value";
  return std::get<bool>(truth) ? spec.color_condition->text() : contrary_of(spec.color_condition->text());
}

SeriesRole role_of(const PanelSpec& spec, const std::string& group) {
  if (!spec.color_condition) return SeriesRole::kPlain;
  return group == spec.color_condition->text() ? SeriesRole::kHolds
                                               : (group == "no value" ? SeriesRole::kNoValue : SeriesRole::kFails);
}

/// The different groups in order of appearance.
std::vector<std::string> groups_of(const PanelSpec& spec, const Points& points) {
  std::vector<std::string> groups;
  for (std::size_t i = 0; i < points.size(); ++i) place_in(groups, group_of(spec, points, i));
  return groups;
}

std::vector<SeriesSpec> series_of(const PanelSpec& spec) {
  if (!spec.series.empty()) return spec.series;
  return {{.column = spec.y, .label = spec.y, .color = "", .right_axis = false}};
}

/// One series of bars per column, or per colour with gaps at the others; then the seed's own values.
void add_bars(const PanelSpec& spec, const Points& points, Chart& chart) {
  for (std::size_t i = 0; i < points.size(); ++i) chart.categories.push_back(points.label(i));
  for (const ExtraPoint& extra : spec.extra) chart.categories.push_back(extra.label);
  const std::vector<SeriesSpec> all = series_of(spec);
  const std::vector<std::string> groups =
      all.size() == 1 && points.size() > 0 ? groups_of(spec, points) : std::vector<std::string>(1);
  for (const SeriesSpec& s : all) {
    for (const std::string& group : groups) {
      Series series = {.label = !group.empty() ? group : (all.size() > 1 ? s.label : ""),
                       .color = s.color,
                       .role = role_of(spec, group),
                       .right_axis = s.right_axis};
      for (std::size_t i = 0; i < points.size(); ++i) {
        const bool here = group.empty() || group_of(spec, points, i) == group;
        series.y.push_back(here ? points.number(i, s.column) : std::nullopt);
        if (!spec.error.empty()) series.error.push_back(here ? points.number(i, spec.error) : std::nullopt);
      }
      chart.series.push_back(std::move(series));
    }
  }
  if (spec.extra.empty()) return;
  Series series = {.label = "as the study has it", .role = SeriesRole::kAsStudied};
  series.y.resize(points.size());
  for (const ExtraPoint& extra : spec.extra) series.y.emplace_back(extra.y);
  chart.series.push_back(std::move(series));
}

/// One series per colour.
void add_scatter(const PanelSpec& spec, const Points& points, Chart& chart) {
  for (const std::string& group : groups_of(spec, points)) {
    for (const SeriesSpec& s : series_of(spec)) {
      Series series = {.label = !group.empty() ? group : (spec.series.size() > 1 ? s.label : ""),
                       .color = s.color,
                       .role = role_of(spec, group),
                       .right_axis = s.right_axis,
                       .line = false,
                       .points = true};
      for (std::size_t i = 0; i < points.size(); ++i) {
        if (group_of(spec, points, i) != group) continue;
        series.x.push_back(points.number(i, spec.x));
        series.y.push_back(points.number(i, s.column));
        if (!spec.error.empty()) series.error.push_back(points.number(i, spec.error));
        if (!spec.over_prompts) series.names.push_back(points.label(i));
        if (spec.over_prompts) series.hints.push_back(points.label(i) + points.prompt(i));
      }
      chart.series.push_back(std::move(series));
    }
  }
  for (const ExtraPoint& extra : spec.extra) {
    if (!extra.x) continue;
    chart.series.push_back({.label = extra.label,
                            .role = SeriesRole::kAsStudied,
                            .x = {extra.x},
                            .y = {extra.y},
                            .names = {extra.label},
                            .line = false,
                            .points = true});
  }
}

Series line_of_list(const SeriesSpec& s, const std::string& label, const std::vector<double>& list) {
  Series series = {.label = label, .color = s.color, .right_axis = s.right_axis};
  for (std::size_t i = 0; i < list.size(); ++i) {
    series.x.emplace_back(static_cast<double>(i));
    series.y.emplace_back(list[i]);
  }
  return series;
}

/// A line through the models, by x.
Series line_through(const PanelSpec& spec, const SeriesSpec& s, const Points& points) {
  Series series = {.label = s.label, .color = s.color, .right_axis = s.right_axis, .points = true};
  std::vector<const Value*> keys;
  for (std::size_t i = 0; i < points.size(); ++i) keys.push_back(spec.x.empty() ? nullptr : points.cell(i, spec.x));
  for (const std::size_t i : sorted_by(keys, false)) {
    const auto place = static_cast<double>(series.x.size());
    series.x.push_back(spec.x.empty() ? std::optional(place) : points.number(i, spec.x));
    series.y.push_back(points.number(i, s.column));
    // Where x says what a point is, its name says it again.
    if (spec.x.empty()) series.names.push_back(points.label(i));
  }
  return series;
}

/// A column of lists gives one line per model, a column of numbers one line through the models.
void add_lines(const PanelSpec& spec, const Points& points, Chart& chart) {
  const std::vector<SeriesSpec> all = series_of(spec);
  for (const SeriesSpec& s : all) {
    bool lists = false;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Value* value = points.cell(i, s.column);
      const auto list = value != nullptr ? numbers_of(*value) : std::nullopt;
      if (!list) continue;
      lists = true;
      const std::string label = all.size() > 1 ? points.label(i) + ", " + s.label : points.label(i);
      chart.series.push_back(line_of_list(s, label, *list));
    }
    if (!lists) chart.series.push_back(line_through(spec, s, points));
  }
}

std::optional<FittedLine> fit_of(const std::string& name, const World& world) {
  const auto part = [&](const char* which) {
    const Value* value = world.value(name + "." + which);
    return value != nullptr ? number_of(*value, which).value : std::nullopt;
  };
  const auto slope = part("slope"), intercept = part("intercept"), r = part("r"), p = part("p");
  if (!slope || !intercept || !r || !p) return std::nullopt;
  return FittedLine{
      .slope = *slope, .intercept = *intercept, .label = "r = " + show(*r, "{:.3f}") + ", p = " + show(*p, "{:.2g}")};
}

Chart resolved_chart(const PanelSpec& spec, const World& world) {
  Chart chart = spec.chart;
  const Points points = points_of(spec, world);
  switch (chart.kind) {
    case ChartKind::kBars: add_bars(spec, points, chart); break;
    case ChartKind::kScatter: add_scatter(spec, points, chart); break;
    case ChartKind::kLines: add_lines(spec, points, chart); break;
  }
  if (!spec.fit.empty()) chart.fit = fit_of(spec.fit, world);
  for (const UprightSpec& upright : spec.uprights) {
    const Value* value = world.value(upright.value);
    const Measured x = value != nullptr ? number_of(*value, upright.value) : Measured::absent("no such value");
    if (x.ok()) chart.uprights.push_back({*x.value, upright.label + " " + show(*value, "{:,.0f}")});
  }
  return chart;
}

}  // namespace

Figure resolved_figure(const FigureSpec& spec, const World& world) {
  Figure figure = {.name = spec.name, .title = spec.title, .columns = spec.columns, .charts = {}};
  for (const PanelSpec& panel : spec.panels) figure.charts.push_back(resolved_chart(panel, world));
  return figure;
}

}  // namespace sg
