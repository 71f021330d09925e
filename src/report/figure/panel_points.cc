// Points (with error bars, names and a fitted line) and lines over x.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/figure/gnuplot.h"
#include "report/figure/label_placement.h"
#include "report/figure/panel_script.h"

namespace sg {
namespace {

constexpr std::size_t kMostNames = 40;  // more names than this cover the points
constexpr std::size_t kMostMarks = 60;  // a line of more points has no marks
constexpr const char* kFitDash = "(3,3)";
// Circle, square, triangle, diamond, down triangle, filled; then outlines: shapes tell series apart without colour.
constexpr int kMarks[] = {7, 5, 9, 13, 11, 6, 4, 8};

/// Without x, the place in the list.
std::optional<double> x_at(const Series& s, std::size_t i) {
  return s.x.empty() ? std::optional(static_cast<double>(i)) : element(s.x, i);
}

bool has_point(const Panel& p, const Series& s, std::size_t i) {
  return drawable(element(s.y, i), p.log_y) && drawable(x_at(s, i), false);
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
      if (!drawable(element(s.error, i), false)) continue;
      axis.add(*s.y[i] + *s.error[i]);
      axis.add(*s.y[i] - *s.error[i]);
    }
  }
  y.add(p.reference);
  Ranges r = {x.padded(pad, pad), y.padded(0.08, 0.08), y2.padded(0.08, 0.08)};
  if (p.y_range) r.y = Range{p.y_range->first, p.y_range->second};
  return r;
}

/// Whether x counts something, such as layers, and the axis is so short that tics would fall between.
bool counts_few(const Panel& p, const std::optional<Range>& range) {
  constexpr double kFew = 8;
  if (!range || range->high - range->low > kFew) return false;
  return std::all_of(p.series.begin(), p.series.end(), [](const Series& s) {
    return std::all_of(s.x.begin(), s.x.end(), [](const auto& x) { return !x || *x == std::floor(*x); });
  });
}

/// How a series of lines or points is drawn.
struct Look {
  bool line, mark;
  int shape;
  std::string color;
};

Look look_of(const Panel& p, std::size_t s) {
  const Series& series = p.series[s];
  const bool line = p.kind == PanelKind::kLines && series.line;
  const bool mark = p.kind == PanelKind::kScatter || !line || (series.points && series.y.size() <= kMostMarks);
  return {line, mark, kMarks[s % std::size(kMarks)], palette_color(series.color, s)};
}

Legend legend_of(const Panel& p) {
  using Sample = LegendEntry::Sample;
  Legend legend;
  for (std::size_t s = 0; s < p.series.size() && p.series.size() > 1; ++s) {
    if (!has_points(p, p.series[s])) continue;
    const Look look = look_of(p, s);
    const Sample sample = !look.line ? Sample::kPoint : look.mark ? Sample::kLineAndPoint : Sample::kLine;
    legend.add({.sample = sample, .label = p.series[s].label, .color = look.color, .mark = look.shape});
  }
  if (p.fit) {
    legend.add({.sample = Sample::kLine, .label = p.fit->label, .color = palette_color("green", 0), .dash = kFitDash});
  }
  add_reference(legend, p);
  return legend;
}

/// A missing number ends a line: an empty row of the data.
std::string data_script(const Panel& p, const Ranges& r, const std::string& id) {
  const double cap = r.x ? 0.008 * (r.x->high - r.x->low) : 0;
  std::string out;
  for (std::size_t s = 0; s < p.series.size(); ++s) {
    const Series& series = p.series[s];
    std::string points = fmt::format("${}p{} << EOD\n", id, s);
    std::string last;
    std::vector<std::array<double, 3>> errors;
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      if (!has_point(p, series, i)) {
        points += "\n";
        continue;
      }
      last = fmt::format("{:.9g} {:.9g}\n", *x_at(series, i), *series.y[i]);
      points += last;
      const auto error = element(series.error, i);
      if (drawable(error, false)) errors.push_back({*x_at(series, i), *series.y[i], *error});
    }
    if (p.mark_last) out += fmt::format("${}l{} << EOD\n{}EOD\n", id, s, last);
    out += points + "EOD\n" + error_bars(fmt::format("{}e{}", id, s), errors, cap);
  }
  return out;
}

bool has_errors(const Panel& p, const Series& s) {
  for (std::size_t i = 0; i < s.y.size(); ++i) {
    if (has_point(p, s, i) && drawable(element(s.error, i), false)) return true;
  }
  return false;
}

/// Where a number lies on the axes, in pixels from their lower left corner.
struct PlotArea {
  Range x, y;
  bool log_y;
  Pixels size;
  double px(double value) const { return size.width * (value - x.low) / (x.high - x.low); }
  double py(double value) const {
    if (log_y) return size.height * std::log(value / y.low) / std::log(y.high / y.low);
    return size.height * (value - y.low) / (y.high - y.low);
  }
};

/// Names of the points that lie inside the axes.
std::string names_script(const Panel& p, const PanelBox& box, const Margins& m, const Ranges& r) {
  if (!r.x || !r.y) return "";
  const Pixels area = {box.width - m.left - m.right, box.height - m.top - m.bottom};
  const PlotArea plot = {*r.x, *r.y, p.log_y, area};
  std::vector<NamedPoint> points;
  for (const Series& s : p.series) {
    for (std::size_t i = 0; i < s.y.size() && i < s.names.size(); ++i) {
      if (s.right_axis || s.names[i].empty() || !has_point(p, s, i)) continue;
      const double y = plot.py(*s.y[i]);
      if (y < 0 || y > area.height) continue;
      const auto error = element(s.error, i);
      const double reach = drawable(error, false) && !p.log_y ? plot.py(*s.y[i] + *error) - y : 0;
      points.push_back({plot.px(*x_at(s, i)), y, s.names[i], text_width(s.names[i], kNameFont), reach});
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
  const Look look = look_of(p, s);
  const char* how = look.line && look.mark ? "linespoints" : look.line ? "lines" : "points";
  const std::string style = look.mark ? fmt::format(" pt {} ps {}", look.shape, look.line ? 0.55 : 0.9) : "";
  return fmt::format("${}p{} using 1:2 axes {} with {} lw 1.8{} lc rgb '{}'", id, s,
                     p.series[s].right_axis ? "x1y2" : "x1y1", how, style, look.color);
}

std::string plots(const Panel& p, const std::string& id) {
  std::vector<std::string> list;
  const bool any = std::any_of(p.series.begin(), p.series.end(), [&](const Series& s) { return has_points(p, s); });
  if (!any) return plot_script(list);
  if (p.reference) list.push_back(reference_plot(p));
  for (std::size_t s = 0; s < p.series.size(); ++s) {
    if (!has_errors(p, p.series[s])) continue;
    list.push_back(fmt::format("${}e{} using 1:2 axes {} with lines lw 1.1 lc rgb '{}'", id, s,
                               p.series[s].right_axis ? "x1y2" : "x1y1", kGrey));
  }
  if (p.fit) {
    list.push_back(fmt::format("{:.9g} * x + {:.9g} with lines lw 1.8 dt {} lc rgb '{}'", p.fit->slope,
                               p.fit->intercept, kFitDash, palette_color("green", 0)));
  }
  for (std::size_t s = 0; s < p.series.size(); ++s) {
    if (!has_points(p, p.series[s])) continue;
    list.push_back(plot_of(p, s, id));
    if (!p.mark_last) continue;
    list.push_back(fmt::format("${}l{} using 1:2 axes {} with points pt 7 ps 1.1 lc rgb '{}'", id, s,
                               p.series[s].right_axis ? "x1y2" : "x1y1", look_of(p, s).color));
  }
  return plot_script(list);
}

}  // namespace

std::string points_script(const Panel& p, const PanelBox& box, const std::string& id) {
  const Legend legend = legend_of(p);
  const Margins margins = margins_of(p, box, legend, kTicFont);
  const Ranges ranges = ranges_of(p, p.kind == PanelKind::kScatter ? 0.1 : 0.02);
  std::string out = margins_script(box, margins) + titles_script(p, box, margins, legend);
  out += range_script("x", ranges.x) + (counts_few(p, ranges.x) ? "set xtics 1\n" : "") +
         y_axis_script("y", ranges.y, p.log_y) + beyond_script(p, ranges.y);
  if (has_right_axis(p)) {
    out += fmt::format("set border 11 lc rgb '{}' lw 1\nset y2tics nomirror\n", kInk);
    out += y_axis_script("y2", ranges.y2, p.log_y);
  }
  return out + data_script(p, ranges, id) + names_script(p, box, margins, ranges) + plots(p, id);
}

}  // namespace sg
