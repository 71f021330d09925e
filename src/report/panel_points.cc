// Points (with error bars, names and a fitted line) and lines over x.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/gnuplot.h"
#include "report/label_placement.h"
#include "report/panel_script.h"
#include "report/text_table.h"

namespace sg {
namespace {

constexpr double kNameFont = 10;
constexpr double kLegendLine = 18, kTitleLine = 17;
constexpr std::size_t kMostNames = 40;  // more names than this cover the points
constexpr std::size_t kMostMarks = 60;  // a line of more points has no marks
constexpr std::size_t kLongestName = 24;
// Circle, square, triangle, diamond, down triangle, filled; then outlines: shapes tell series apart without colour.
constexpr int kMarks[] = {7, 5, 9, 13, 11, 6, 4, 8};

std::optional<double> at(const std::vector<std::optional<double>>& list, std::size_t i) {
  return i < list.size() ? list[i] : std::nullopt;
}

/// Without x, the place in the list.
std::optional<double> x_at(const Series& s, std::size_t i) {
  return s.x.empty() ? std::optional(static_cast<double>(i)) : at(s.x, i);
}

bool has_point(const Panel& p, const Series& s, std::size_t i) {
  return drawable(at(s.y, i), p.log_y) && drawable(x_at(s, i), false);
}

bool has_points(const Panel& p, const Series& s) {
  for (std::size_t i = 0; i < s.y.size(); ++i) {
    if (has_point(p, s, i)) return true;
  }
  return false;
}

struct Ranges {
  std::optional<Range> x, y, y2;
};

Ranges ranges_of(const Panel& p, double pad) {
  RangeOf x(false), y(p.log_y), y2(p.log_y);
  for (const Series& s : p.series) {
    for (std::size_t i = 0; i < s.y.size(); ++i) {
      if (!has_point(p, s, i)) continue;
      x.add(x_at(s, i));
      RangeOf& axis = s.right_axis ? y2 : y;
      axis.add(s.y[i]);
      if (!drawable(at(s.error, i), false)) continue;
      axis.add(*s.y[i] + *s.error[i]);
      axis.add(*s.y[i] - *s.error[i]);
    }
  }
  y.add(p.reference);
  Ranges r = {x.padded(pad, pad), y.padded(0.08, 0.08), y2.padded(0.08, 0.08)};
  if (p.y_range) r.y = Range{p.y_range->first, p.y_range->second};
  return r;
}

Legend legend_of(const Panel& p) {
  Legend legend;
  for (const Series& s : p.series) {
    if (p.series.size() > 1 && !s.label.empty() && has_points(p, s)) legend.entries.push_back(s.label);
  }
  if (p.fit && !p.fit->label.empty()) legend.entries.push_back(p.fit->label);
  if (p.reference && !p.reference_label.empty()) legend.entries.push_back(p.reference_label);
  return legend;
}

bool right_axis(const Panel& p) {
  return std::any_of(p.series.begin(), p.series.end(), [](const Series& s) { return s.right_axis; });
}

Margins margins_of(const Panel& p, const PanelBox& box, const Legend& legend) {
  Margins m;
  if (right_axis(p)) m.right = 62;
  m.top = 14 + kTitleLine * static_cast<double>(std::max<std::size_t>(line_count(p.title), 1));
  m.bottom = 28 + (p.x_title.empty() ? 0 : 20) + kLegendLine * static_cast<double>(legend.lines(box.width));
  return m;
}

/// A missing number ends a line: an empty row of the data.
std::string data_script(const Panel& p, const std::string& id) {
  std::string out;
  for (std::size_t s = 0; s < p.series.size(); ++s) {
    const Series& series = p.series[s];
    std::string points = fmt::format("${}p{} << EOD\n", id, s), errors = fmt::format("${}e{} << EOD\n", id, s);
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      if (!has_point(p, series, i)) {
        points += "\n";
        continue;
      }
      points += fmt::format("{:.9g} {:.9g}\n", *x_at(series, i), *series.y[i]);
      if (!drawable(at(series.error, i), false)) continue;
      errors += fmt::format("{:.9g} {:.9g} {:.9g}\n", *x_at(series, i), *series.y[i], *series.error[i]);
    }
    out += points + "EOD\n" + errors + "EOD\n";
  }
  return out;
}

bool has_errors(const Panel& p, const Series& s) {
  for (std::size_t i = 0; i < s.y.size(); ++i) {
    if (has_point(p, s, i) && drawable(at(s.error, i), false)) return true;
  }
  return false;
}

/// Names of the points that lie inside the axes.
std::string names_script(const Panel& p, const PanelBox& box, const Margins& m, const Ranges& r) {
  if (!r.x || !r.y) return "";
  const Pixels area = {box.width - m.left - m.right, box.height - m.top - m.bottom};
  const PlotArea plot = {*r.x, *r.y, p.log_y, 0, 0, area.width, area.height};
  std::vector<NamedPoint> points;
  for (const Series& s : p.series) {
    for (std::size_t i = 0; i < s.y.size() && i < s.names.size(); ++i) {
      if (s.right_axis || s.names[i].empty() || !has_point(p, s, i)) continue;
      const double y = plot.py(*s.y[i]);
      if (y < 0 || y > area.height) continue;
      const std::string name = shortened(s.names[i], kLongestName);
      points.push_back({plot.px(*x_at(s, i)), y, name, text_width(name, kNameFont)});
    }
  }
  if (points.size() > kMostNames) return "";
  const std::vector<PlacedName> places = place_names(points, kNameFont, area);
  std::string out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double x = (box.x + m.left + points[i].x + places[i].dx) / box.page_width;
    const double y = (box.y + m.bottom + points[i].y + places[i].dy) / box.page_height;
    const char* side = places[i].justify == PlacedName::Side::kLeft    ? "left"
                       : places[i].justify == PlacedName::Side::kRight ? "right"
                                                                       : "center";
    out += fmt::format("set label {} at screen {:.6f},{:.6f} {} font ',{}' tc rgb '{}' front\n",
                       gnuplot_quoted(points[i].name), x, y, side, kNameFont, kInk);
  }
  return out;
}

std::string plot_of(const Panel& p, std::size_t s, const std::string& id) {
  const Series& series = p.series[s];
  const bool line = p.kind == PanelKind::kLines && series.line;
  const bool mark = p.kind == PanelKind::kScatter || ((series.points || !line) && series.y.size() <= kMostMarks);
  const char* how = line && mark ? "linespoints" : line ? "lines" : "points";
  const std::string style = mark ? fmt::format(" pt {} ps {}", kMarks[s % std::size(kMarks)], line ? 0.6 : 0.9) : "";
  return fmt::format("${}p{} using 1:2 axes {} with {} lw 1.8{} lc rgb '{}' {}", id, s,
                     series.right_axis ? "x1y2" : "x1y1", how, style, palette_color(series.color, s),
                     title_or_none(p.series.size() > 1 ? series.label : ""));
}

std::string plots(const Panel& p, const Ranges& r, const std::string& id) {
  std::string list;
  const auto add = [&](const std::string& plot) { list += (list.empty() ? "plot " : ", \\\n  ") + plot; };
  for (std::size_t s = 0; s < p.series.size(); ++s) {
    if (!has_errors(p, p.series[s])) continue;
    add(fmt::format("${}e{} using 1:2:3 axes {} with yerrorbars pt 0 lw 1.1 lc rgb '{}' notitle", id, s,
                    p.series[s].right_axis ? "x1y2" : "x1y1", kGrey));
  }
  for (std::size_t s = 0; s < p.series.size(); ++s) {
    if (has_points(p, p.series[s])) add(plot_of(p, s, id));
  }
  if (p.fit && r.x) {
    add(fmt::format("{:.9g} * x + {:.9g} with lines lw 1.8 dt (3,3) lc rgb '{}' {}", p.fit->slope, p.fit->intercept,
                    palette_color("green", 0), title_or_none(p.fit->label)));
  }
  if (p.reference) {
    add(fmt::format("{:.9g} with lines dt (8,5) lw 1.4 lc rgb '{}' {}", *p.reference, kGrey,
                    title_or_none(p.reference_label)));
  }
  if (list.empty()) list = "plot NaN notitle";
  return list + "\n";
}

std::string points_script(const Panel& p, const PanelBox& box, const std::string& id) {
  const Legend legend = legend_of(p);
  const Margins margins = margins_of(p, box, legend);
  const Ranges ranges = ranges_of(p, p.kind == PanelKind::kScatter ? 0.1 : 0.02);
  std::string out = margins_script(box, margins) + legend_script(legend, box);
  if (p.log_y) out += "set logscale y\nset format y '%g'\n";
  out += range_script("x", ranges.x) + range_script("y", ranges.y);
  if (right_axis(p)) {
    out += fmt::format("set border 11 lc rgb '{}' lw 1\nset y2tics nomirror\n", kInk) + range_script("y2", ranges.y2);
    if (p.log_y) out += "set logscale y2\n";
  }
  return out + data_script(p, id) + names_script(p, box, margins, ranges) + plots(p, ranges, id);
}

}  // namespace

std::string scatter_script(const Panel& p, const PanelBox& box, const std::string& id) {
  return points_script(p, box, id);
}

std::string lines_script(const Panel& p, const PanelBox& box, const std::string& id) {
  return points_script(p, box, id);
}

}  // namespace sg
