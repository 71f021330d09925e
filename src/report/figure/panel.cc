#include "report/figure/panel.h"

#include "report/text/text_table.h"
#include "report/text/wrap.h"

namespace sg {
namespace {

constexpr std::size_t kTitle = 56, kAxis = 40, kName = 32, kLabel = 60;  // characters

void cut(std::string& text, std::size_t longest) { text = shortened(on_one_line(text), longest); }
void cut(std::vector<std::string>& texts, std::size_t longest) {
  for (std::string& text : texts) cut(text, longest);
}

/// The lines of a title each.
void cut_title(std::string& text) {
  std::string title;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    title += (at > 0 ? "\n" : "") + shortened(text.substr(at, end - at), kTitle);
    at = end + 1;
  }
  text = title;
}

struct Draw {
  const std::string& prefix;

  DrawnPanel operator()(Chart c) const {
    cut_title(c.title);
    for (std::string* axis : {&c.x_title, &c.y_title, &c.right_title}) cut(*axis, kAxis);
    cut(c.categories, kName);
    cut(c.reference_label, kLabel);
    if (c.fit) cut(c.fit->label, kLabel);
    for (UprightLine& line : c.uprights) cut(line.label, kLabel);
    for (Series& s : c.series) {
      cut(s.label, kLabel);
      cut(s.names, kName);
    }
    return c.kind == ChartKind::kBars ? draw_bars(c, Svg(prefix)) : draw_points(c, Svg(prefix));
  }
  DrawnPanel operator()(HeatMap m) const {
    cut_title(m.title);
    for (auto* names : {&m.columns, &m.rows, &m.column_groups, &m.row_groups}) cut(*names, kName);
    cut(m.classes, kLabel);
    return draw_heat_map(m, Svg(prefix));
  }
  DrawnPanel operator()(SpecificationCurve c) const {
    cut(c.y_title, kAxis);
    for (auto& conclusion : c.conclusions) cut(conclusion.label, kLabel);
    for (auto& choice : c.choices) {
      cut(choice.kind, kName);
      cut(choice.name, kName);
    }
    return draw_curve(c, Svg(prefix));
  }
};

}  // namespace

DrawnPanel draw_panel(const Panel& panel, const std::string& prefix) { return std::visit(Draw{prefix}, panel); }

}  // namespace sg
