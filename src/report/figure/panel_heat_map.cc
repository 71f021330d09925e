// Heat maps: of labels (one colour each, with a legend) or of numbers (one scale).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "report/figure/gnuplot.h"
#include "report/figure/panel_script.h"

namespace sg {
namespace {

constexpr double kCellWidth = 22, kCellHeight = 16, kGroupGap = 0.45;  // the gap in cells
constexpr double kFewWidth = 30, kFewHeight = 28;                      // of a map of few cells
constexpr std::size_t kFew = 12;
constexpr double kFont = 11.5, kGroupFont = 12;
constexpr double kScale = 76;
constexpr const char* kNotEvaluated = "no conclusion";
constexpr const char* kOwn = "the experiment's own definition";
constexpr const char* kNoNumber = "no value";

/// Positions of columns or rows along their axis: one cell each, a gap between groups.
struct Axis {
  std::vector<double> at;
  double size = 0;
};

Axis axis_of(std::size_t n, const std::vector<std::string>& groups) {
  Axis axis;
  for (std::size_t i = 0; i < n; ++i) {
    if (i > 0 && i < groups.size() && groups[i] != groups[i - 1]) axis.size += kGroupGap;
    axis.at.push_back(axis.size + 0.5);
    axis.size += 1;
  }
  return axis;
}

double longest(const std::vector<std::string>& names, double font) {
  double width = 0;
  for (const std::string& name : names) width = std::max(width, text_width(name, font));
  return width;
}

std::optional<double> cell(const Panel& p, std::size_t row, std::size_t column) {
  if (row >= p.series.size() || column >= p.series[row].y.size()) return std::nullopt;
  const auto& value = p.series[row].y[column];
  return drawable(value, false) ? value : std::nullopt;
}

struct Layout {
  Axis columns, rows;
  Margins margins;
  bool missing = false;
  Legend legend;
  double width = 0, height = 0;
};

bool any_missing(const Panel& p) {
  for (std::size_t r = 0; r < p.rows.size(); ++r) {
    for (std::size_t c = 0; c < p.categories.size(); ++c) {
      if (!cell(p, r, c)) return true;
    }
  }
  return false;
}

Layout layout_of(const Panel& p) {
  Layout l = {.columns = axis_of(p.categories.size(), p.column_groups), .rows = axis_of(p.rows.size(), p.row_groups)};
  l.missing = any_missing(p);
  for (std::size_t i = 0; i < p.classes.size(); ++i) {
    l.legend.add({.label = p.classes[i], .color = palette_color("", i)});
  }
  if (l.missing) l.legend.add({.label = p.classes.empty() ? kNoNumber : kNotEvaluated, .color = kMissing});
  if (p.marked) l.legend.add({.sample = LegendEntry::Sample::kFrame, .label = kOwn, .color = kInk});
  const double plot_width = std::max(l.columns.size * (p.categories.size() > kFew ? kCellWidth : kFewWidth), 120.0);
  const double row_groups = p.row_groups.empty() ? 0 : longest(p.row_groups, kGroupFont) + 14;
  l.margins.left = 14 + longest(p.rows, kFont) + row_groups + (p.y_title.empty() ? 0 : 20);
  l.margins.right = p.classes.empty() ? kScale : 16;
  l.margins.top = 12 + (p.title.empty() ? 0 : 20) + (p.column_groups.empty() ? 0 : 20);
  l.width = std::max(l.margins.left + plot_width + l.margins.right, 380.0);
  // Names of columns stand upright.
  l.margins.bottom = 12 + longest(p.categories, kFont) + (p.x_title.empty() ? 0 : 20) + l.legend.height(l.width);
  l.height = l.margins.top + l.rows.size * (p.rows.size() > kFew ? kCellHeight : kFewHeight) + l.margins.bottom;
  return l;
}

std::string label_at(const std::string& text, double x, double y, const char* how) {
  return fmt::format("set label {} at screen {:.6f},{:.6f} {} tc rgb '{}'\n", gnuplot_quoted(text), x, y, how, kInk);
}

/// The first and the last place of every run of equal groups.
template <class Use>
void for_groups(const std::vector<std::string>& groups, const Axis& axis, Use use) {
  for (std::size_t i = 0; i < groups.size() && i < axis.at.size();) {
    std::size_t end = i;
    while (end + 1 < groups.size() && groups[end + 1] == groups[i]) ++end;
    use(groups[i], axis.at[i], axis.at[std::min(end, axis.at.size() - 1)]);
    i = end + 1;
  }
}

std::string names_script(const Panel& p, const Layout& l, const PanelBox& box) {
  std::string out;
  const double left = box.x + l.margins.left, top = box.y + box.height - l.margins.top;
  const double cell_width = (box.width - l.margins.left - l.margins.right) / l.columns.size;
  const double cell_height = (box.height - l.margins.top - l.margins.bottom) / l.rows.size;
  const auto x = [&](double column) { return (left + column * cell_width) / box.page_width; };
  const auto y = [&](double row) { return (top - row * cell_height) / box.page_height; };
  const std::string small = fmt::format("font ',{}'", kFont), large = fmt::format("font ',{}'", kGroupFont);
  for (std::size_t r = 0; r < p.rows.size(); ++r) {
    out += label_at(p.rows[r], (left - 6) / box.page_width, y(l.rows.at[r]), ("right " + small).c_str());
  }
  const double below = (box.y + l.margins.bottom - 6) / box.page_height;
  for (std::size_t c = 0; c < p.categories.size(); ++c) {
    out += label_at(p.categories[c], x(l.columns.at[c]), below, ("right rotate by 90 " + small).c_str());
  }
  const double group_left = left - 14 - longest(p.rows, kFont);
  for_groups(p.row_groups, l.rows, [&](const std::string& name, double first, double last) {
    out += label_at(name, group_left / box.page_width, y((first + last) / 2), ("right " + large).c_str());
  });
  for_groups(p.column_groups, l.columns, [&](const std::string& name, double first, double last) {
    out += label_at(name, x((first + last) / 2), (top + 10) / box.page_height, ("center " + large).c_str());
  });
  return out;
}

std::string cell_line(const Layout& l, std::size_t row, std::size_t column, double value) {
  const double x = l.columns.at[column], y = -l.rows.at[row];
  return fmt::format("{:.6g} {:.6g} {:.6g} {:.6g} {:.6g} {:.6g} {:.9g}\n", x, y, x - 0.47, x + 0.47, y - 0.46, y + 0.46,
                     value);
}

/// One data block per class, or one for all numbers, and one of what is missing.
std::string plots(const Panel& p, const Layout& l, const std::string& id) {
  const std::size_t blocks = p.classes.empty() ? 1 : p.classes.size();
  std::vector<std::string> data(blocks + 1);
  for (std::size_t r = 0; r < p.rows.size(); ++r) {
    for (std::size_t c = 0; c < p.categories.size(); ++c) {
      const auto value = cell(p, r, c);
      std::size_t block = blocks;
      if (value && p.classes.empty()) block = 0;
      if (value && !p.classes.empty() && *value >= 0 && *value < static_cast<double>(blocks)) {
        block = static_cast<std::size_t>(*value);
      }
      data[block] += cell_line(l, r, c, value.value_or(0));
    }
  }
  std::string out;
  std::vector<std::string> list;
  for (std::size_t b = 0; b <= blocks; ++b) {
    const bool missing = b == blocks;
    if (data[b].empty()) continue;
    out += fmt::format("${}h{} << EOD\n{}EOD\n", id, b, data[b]);
    const bool scale = !missing && p.classes.empty();
    const std::string color = scale ? "palette" : fmt::format("rgb '{}'", missing ? kMissing : palette_color("", b));
    list.push_back(fmt::format("${}h{} using 1:2:3:4:5:6{} with boxxyerror fs solid 1 noborder lc {}", id, b,
                               scale ? ":7" : "", color));
  }
  return out + plot_script(list);
}

}  // namespace

PanelSize heat_map_size(const Panel& p) {
  const Layout l = layout_of(p);
  return {l.width, l.height};
}

std::string heat_map_script(const Panel& p, const PanelBox& box, const std::string& id) {
  const Layout l = layout_of(p);
  std::string out = margins_script(box, l.margins) + titles_script(p, box, l.margins, l.legend);
  out +=
      fmt::format("unset xtics\nunset ytics\nunset grid\nset border 0\nset xrange [0:{:.6g}]\nset yrange [{:.6g}:0]\n",
                  std::max(l.columns.size, 1.0), -std::max(l.rows.size, 1.0));
  if (p.classes.empty()) {
    out += "set palette defined (0 '#f7fbff', 0.35 '#9ecae1', 0.7 '#3182bd', 1 '#08306b')\n";
    out +=
        fmt::format("set colorbox user origin screen {:.6f},{:.6f} size screen {:.6f},{:.6f}\nset cbtics font ',12'\n",
                    (box.x + box.width - kScale + 14) / box.page_width, (box.y + l.margins.bottom) / box.page_height,
                    12 / box.page_width, (box.height - l.margins.top - l.margins.bottom) / box.page_height);
  }
  if (p.marked && p.marked->first < l.rows.at.size() && p.marked->second < l.columns.at.size()) {
    const double x = l.columns.at[p.marked->second], y = -l.rows.at[p.marked->first];
    out += fmt::format(
        "set object rectangle from first {:.6g},{:.6g} to first {:.6g},{:.6g} fs empty border lc rgb '{}' lw 2.6 "
        "front\n",
        x - 0.55, y - 0.6, x + 0.55, y + 0.6, kInk);
  }
  return out + names_script(p, l, box) + plots(p, l, id);
}

}  // namespace sg
