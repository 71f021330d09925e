// Points (with error bars, names and a fitted line) and lines over x.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "report/figure/gnuplot.h"
#include "report/figure/label_placement.h"
#include "report/figure/panel_script.h"

namespace sg {
namespace {

constexpr std::size_t kMostNames = 40;  // more names than this cover the points
constexpr std::size_t kMostMarks = 60;  // a line of more points has no marks
constexpr const char* kFitDash = "(3,3)";
// gnuplot's SVG gives all of them one dash, so that colours tell them apart.
constexpr const char* kUprightDash = "(2,4)";
constexpr const char* kUprightColors[] = {kInk, "#CC79A7", kGrey};
// Circle, square, triangle, diamond, down triangle, filled; then outlines: shapes tell series apart without colour.
constexpr int kMarks[] = {7, 5, 9, 13, 11, 6, 4, 8};

/// Without x, the place in the list.
std::optional<double> given_x(const Series& s, std::size_t i) {
  return s.x.empty() ? std::optional(static_cast<double>(i)) : element(s.x, i);
}

/// On a logarithmic axis a 0, such as the first step of a training run, stands at a third of the smallest number.
double zero_place(const Panel& p) {
  double smallest = std::numeric_limits<double>::infinity();
  for (const Series& s : p.series) {
    for (std::size_t i = 0; i < s.y.size(); ++i) {
      const auto x = given_x(s, i);
      if (drawable(x, true)) smallest = std::min(smallest, *x);
    }
  }
  return std::isfinite(smallest) ? smallest / 3 : 1;
}

/// Where a point stands on the x axis.
std::optional<double> x_at(const Panel& p, const Series& s, std::size_t i) {
  const auto x = given_x(s, i);
  return p.log_x && x == 0.0 ? std::optional(zero_place(p)) : x;
}

bool has_point(const Panel& p, const Series& s, std::size_t i) {
  return drawable(element(s.y, i), p.log_y) && drawable(x_at(p, s, i), p.log_x);
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
  RangeOf x(p.log_x), y(p.log_y), y2(p.log_y);
  for (const Series& s : p.series) {
    for (std::size_t i = 0; i < s.y.size(); ++i) {
      if (!has_point(p, s, i)) continue;
      x.add(x_at(p, s, i));
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
  for (std::size_t i = 0; i < p.uprights.size(); ++i) {
    legend.add({.sample = Sample::kLine,
                .label = p.uprights[i].label,
                .color = kUprightColors[i % std::size(kUprightColors)],
                .dash = kUprightDash});
  }
  return legend;
}

std::string uprights_script(const Panel& p, const std::optional<Range>& range) {
  std::string out;
  for (std::size_t i = 0; i < p.uprights.size() && range; ++i) {
    const double x = p.log_x && p.uprights[i].x == 0 ? zero_place(p) : p.uprights[i].x;
    if (!(x >= range->low && x <= range->high)) continue;
    out += fmt::format(
        "set arrow from first {0:.9g}, graph 0 to first {0:.9g}, graph 1 nohead lw 1.4 dt {1} lc rgb '{2}'\n", x,
        kUprightDash, kUprightColors[i % std::size(kUprightColors)]);
  }
  return out;
}

/// Whole numbers for what is counted, such as layers; powers of ten, and the 0 beside them, on a logarithmic axis.
std::string x_axis_script(const Panel& p, const std::optional<Range>& range) {
  constexpr double kFew = 8;
  std::string out = range_script("x", range);
  if (!range) return out;
  bool whole = true, zero = false;
  for (const Series& s : p.series) {
    for (std::size_t i = 0; i < s.y.size(); ++i) {
      const auto x = given_x(s, i);
      whole = whole && (!x || *x == std::floor(*x));
      zero = zero || x == 0.0;
    }
  }
  if (p.log_x) {
    const std::string at_zero = zero ? fmt::format("'0' {:.9g}", zero_place(p)) : "";
    return out + "set logscale x\n" +
           tics_script("x", log_tics({zero ? 2 * zero_place(p) : range->low, range->high}), at_zero);
  }
  return whole && range->high - range->low <= kFew ? out + "set xtics 1\n" : out;
}

/// A missing number ends a line: an empty row of the data.
std::string data_script(const Panel& p, const Ranges& r, const std::string& id) {
  const double cap = r.x && !p.log_x ? 0.008 * (r.x->high - r.x->low) : 0;
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
      last = fmt::format("{:.9g} {:.9g}\n", *x_at(p, series, i), *series.y[i]);
      points += last;
      const auto error = element(series.error, i);
      if (drawable(error, false)) errors.push_back({*x_at(p, series, i), *series.y[i], *error});
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
  bool log_x, log_y;
  Pixels size;
  double px(double value) const {
    if (log_x) return size.width * std::log(value / x.low) / std::log(x.high / x.low);
    return size.width * (value - x.low) / (x.high - x.low);
  }
  double py(double value) const {
    if (log_y) return size.height * std::log(value / y.low) / std::log(y.high / y.low);
    return size.height * (value - y.low) / (y.high - y.low);
  }
};

/// Names of the points that lie inside the axes.
std::string names_script(const Panel& p, const PanelBox& box, const Margins& m, const Ranges& r) {
  if (!r.x || !r.y) return "";
  const Pixels area = {box.width - m.left - m.right, box.height - m.top - m.bottom};
  const PlotArea plot = {*r.x, *r.y, p.log_x, p.log_y, area};
  std::vector<NamedPoint> points;
  for (const Series& s : p.series) {
    for (std::size_t i = 0; i < s.y.size() && i < s.names.size(); ++i) {
      if (s.right_axis || s.names[i].empty() || !has_point(p, s, i)) continue;
      const double y = plot.py(*s.y[i]);
      if (y < 0 || y > area.height) continue;
      const auto error = element(s.error, i);
      const double reach = drawable(error, false) && !p.log_y ? plot.py(*s.y[i] + *error) - y : 0;
      points.push_back({plot.px(*x_at(p, s, i)), y, s.names[i], text_width(s.names[i], kNameFont), reach});
    }
  }
  if (points.size() > kMostNames) return "";
  const std::vector<PlacedName> places =
      place_names(points, kNameFont, area, p.reference ? std::optional(plot.py(*p.reference)) : std::nullopt);
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
  out += x_axis_script(p, ranges.x) + uprights_script(p, ranges.x) + y_axis_script("y", ranges.y, p.log_y) +
         beyond_script(p, ranges.y);
  if (has_right_axis(p)) {
    out += fmt::format("set border 11 lc rgb '{}' lw 1\nset y2tics nomirror\n", kInk);
    out += y_axis_script("y2", ranges.y2, p.log_y);
  }
  return out + data_script(p, ranges, id) + names_script(p, box, margins, ranges) + plots(p, id);
}

}  // namespace sg
