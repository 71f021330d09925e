// Points (with error bars, names and a fitted line) and lines over x.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/number_text.h"
#include "report/figure/axes.h"
#include "report/figure/label_placement.h"
#include "report/figure/look.h"
#include "report/figure/panel.h"

namespace sg {
namespace {

constexpr std::size_t kMostNames = 40;  // more names than this cover the points
constexpr std::size_t kMostMarks = 60;  // a line of more points has no marks

/// Without x, the place in the list.
std::optional<double> given_x(const Series& s, std::size_t i) {
  return s.x.empty() ? std::optional(static_cast<double>(i)) : element(s.x, i);
}

/// Calls use(series, place) for every point.
template <class Use>
void each_point(const Chart& c, const Use& use) {
  for (const Series& s : c.series) {
    for (std::size_t i = 0; i < s.y.size(); ++i) use(s, i);
  }
}

struct Plot {
  const Chart& chart;
  double zero;  // where a 0 stands on a logarithmic axis: at a third of the smallest number above it
  Frame frame = {};
  std::optional<Scale> x = {}, left = {}, right = {};

  std::optional<double> place(const std::optional<double>& given) const {
    return chart.log_x && given == 0.0 ? std::optional(zero) : given;
  }
  std::optional<double> x_of(const Series& s, std::size_t i) const { return place(given_x(s, i)); }
  bool has(const Series& s, std::size_t i) const {
    return drawable(element(s.y, i), chart.log_y) && drawable(x_of(s, i), chart.log_x);
  }
  bool has_any(const Series& s) const {
    std::size_t i = 0;
    while (i < s.y.size() && !has(s, i)) ++i;
    return i < s.y.size();
  }
  const Scale& scale(const Series& s) const { return s.right_axis ? *right : *left; }
  Point at(const Series& s, std::size_t i) const { return {x->at(*x_of(s, i)), scale(s).at(*s.y[i])}; }
  bool inside(const Series& s, std::size_t i) const { return x->holds(*x_of(s, i)) && scale(s).holds(*s.y[i]); }
};

double zero_place(const Chart& c) {
  double smallest = std::numeric_limits<double>::infinity();
  each_point(c, [&](const Series& s, std::size_t i) {
    const auto x = given_x(s, i);
    if (drawable(x, true)) smallest = std::min(smallest, *x);
  });
  return std::isfinite(smallest) && smallest / 3 > 0 ? smallest / 3 : 1;
}

void add_scales(Plot& plot) {
  const Chart& c = plot.chart;
  RangeOf x(c.log_x), left(c.log_y), right(c.log_y);
  each_point(c, [&](const Series& s, std::size_t i) {
    if (!plot.has(s, i)) return;
    x.add(plot.x_of(s, i));
    RangeOf& axis = s.right_axis ? right : left;
    axis.add(s.y[i]);
    add_error(axis, *s.y[i], element(s.error, i));
  });
  left.add(c.reference);
  const double pad = c.kind == ChartKind::kScatter ? 0.1 : 0.02;
  if (const auto range = x.padded(pad, pad)) plot.x = Scale{*range, c.log_x, plot.frame.left, plot.frame.right};
  plot.left = y_scale(c.y_range ? given_range(c) : left.padded(0.08, 0.08), c.log_y, plot.frame);
  plot.right = y_scale(right.padded(0.08, 0.08), c.log_y, plot.frame);
}

/// How a series is drawn: a line with marks, or with a dash of its own, or marks alone.
struct Look {
  bool line, mark;
  std::string color, dash;
};

Look look_of(const Chart& c, std::size_t s) {
  const Series& series = c.series[s];
  const bool line = c.kind == ChartKind::kLines && series.line;
  const bool mark = !line || (series.points && series.y.size() <= kMostMarks);
  return {line, mark, color_of(series, s), line && !mark ? dash_at(s) : ""};
}

Legend legend_of(const Plot& plot) {
  const Chart& c = plot.chart;
  Legend legend;
  for (std::size_t s = 0; s < c.series.size() && c.series.size() > 1; ++s) {
    if (!plot.has_any(c.series[s])) continue;
    const Look look = look_of(c, s);
    LegendEntry entry = {.label = c.series[s].label, .mark_color = look.color};
    if (look.line) entry.line = Stroke{look.color, kLineWidth, look.dash};
    if (look.mark) entry.mark = s;
    legend.add(std::move(entry));
  }
  if (c.fit) legend.add({.label = c.fit->label, .line = fit_stroke()});
  add_reference(legend, c.reference, c.reference_label);
  for (std::size_t i = 0; i < c.uprights.size(); ++i) {
    legend.add({.label = c.uprights[i].label, .line = upright_stroke(i)});
  }
  return legend;
}

/// Whole numbers for what is counted, such as layers.
std::vector<double> x_tics(const Plot& plot) {
  constexpr double kFew = 8;
  const Range& range = plot.x->range;
  bool whole = !plot.chart.log_x && range.high - range.low <= kFew;
  each_point(plot.chart, [&](const Series& s, std::size_t i) {
    const auto x = given_x(s, i);
    whole = whole && (!x || *x == std::floor(*x));
  });
  return whole ? whole_tics(range) : tics_of(range, plot.chart.log_x);
}

/// The axis under the frame; the 0 of a logarithmic one has its own tic.
void draw_x_axis(Svg& svg, const Plot& plot) {
  const Frame& f = plot.frame;
  std::string strokes = line_path({f.left, f.bottom}, {f.right, f.bottom});
  const auto tic = [&](double x, const std::string& label) {
    strokes += line_path({x, f.bottom}, {x, f.bottom + 4});
    svg.text({x, f.bottom + 13}, label, {kTicFont, Anchor::kMiddle});
  };
  if (plot.x) {
    bool zero = false;
    each_point(plot.chart,
               [&](const Series& s, std::size_t i) { zero = zero || (plot.chart.log_x && given_x(s, i) == 0.0); });
    if (zero) tic(plot.x->at(plot.zero), "0");
    const std::vector<double> tics = x_tics(plot);
    const std::vector<std::string> labels = tic_labels(tics, plot.chart.log_x);
    for (std::size_t i = 0; i < tics.size(); ++i) {
      if (!zero || tics[i] > 2 * plot.zero) tic(plot.x->at(tics[i]), labels[i]);
    }
  }
  svg.stroke(strokes, {kInk, 1});
}

void draw_uprights(Svg& svg, const Plot& plot) {
  for (std::size_t i = 0; i < plot.chart.uprights.size() && plot.x; ++i) {
    const auto x = plot.place(plot.chart.uprights[i].x);
    if (!drawable(x, plot.chart.log_x) || !plot.x->holds(*x)) continue;
    svg.stroke(line_path({plot.x->at(*x), plot.frame.top}, {plot.x->at(*x), plot.frame.bottom}), upright_stroke(i));
  }
}

/// A missing number ends a line; a number with gaps at both sides is a dot.
std::string curve_path(const Plot& plot, const Series& s) {
  std::string path;
  bool open = false;
  for (std::size_t i = 0; i < s.y.size(); ++i) {
    if (!plot.has(s, i)) {
      open = false;
      continue;
    }
    const Point p = plot.at(s, i);
    path += (open ? "L" : "M") + pixels(p.x) + " " + pixels(p.y);
    if (!open && !(i + 1 < s.y.size() && plot.has(s, i + 1))) path += "h0.01";
    open = true;
  }
  return path;
}

std::string marks_path(const Plot& plot, std::size_t s, double radius) {
  const Series& series = plot.chart.series[s];
  std::string path;
  for (std::size_t i = 0; i < series.y.size(); ++i) {
    if (plot.has(series, i) && plot.inside(series, i)) path += mark_path(s, plot.at(series, i), radius);
  }
  return path;
}

std::string errors_path(const Plot& plot, const Series& s) {
  constexpr double kCap = 3;
  std::string path;
  for (std::size_t i = 0; i < s.y.size(); ++i) {
    const auto error = element(s.error, i);
    if (!plot.has(s, i) || !drawable(error, false)) continue;
    path += error_path(plot.scale(s), plot.at(s, i).x, *s.y[i], *error, kCap);
  }
  return path;
}

/// A fitted line between the ends of the x axis; bent on a logarithmic one.
std::string fit_path(const Plot& plot) {
  constexpr int kParts = 64;
  std::string path;
  for (int i = 0; i <= kParts && plot.left; ++i) {
    const double share = static_cast<double>(i) / kParts;
    const Range& r = plot.x->range;
    const double x = plot.chart.log_x ? r.low * std::pow(r.high / r.low, share) : r.low + share * (r.high - r.low);
    const double y = plot.chart.fit->slope * x + plot.chart.fit->intercept;
    if (!drawable(x, plot.chart.log_x) || !drawable(y, plot.chart.log_y)) continue;
    path += (path.empty() ? "M" : "L") + pixels(plot.x->at(x)) + " " + pixels(plot.left->at(y));
  }
  return path;
}

void draw_lines(Svg& svg, const Plot& plot) {
  const Chart& c = plot.chart;
  svg.begin_clip({plot.frame.left, plot.frame.top}, {plot.frame.right, plot.frame.bottom});
  for (const Series& s : c.series) svg.stroke(errors_path(plot, s), {kGrey, 1.1});
  if (c.fit) svg.stroke(fit_path(plot), fit_stroke());
  for (std::size_t s = 0; s < c.series.size(); ++s) {
    const Look look = look_of(c, s);
    if (look.line) svg.stroke(curve_path(plot, c.series[s]), {look.color, kLineWidth, look.dash});
  }
  svg.end_clip();
}

void draw_marks(Svg& svg, const Plot& plot) {
  const Chart& c = plot.chart;
  for (std::size_t s = 0; s < c.series.size(); ++s) {
    const Look look = look_of(c, s);
    if (look.mark) svg.fill(marks_path(plot, s, look.line ? 3 : 4.5), {look.color});
    const Series& series = c.series[s];
    for (std::size_t i = series.y.size(); i-- > 0 && c.mark_last;) {
      if (!plot.has(series, i)) continue;
      if (plot.inside(series, i)) svg.fill(mark_path(s, plot.at(series, i), 5), {look.color});
      break;
    }
  }
}

/// Names of the points that lie inside the axes.
void draw_names(Svg& svg, const Plot& plot) {
  const Frame& f = plot.frame;
  std::vector<NamedPoint> points;
  each_point(plot.chart, [&](const Series& s, std::size_t i) {
    if (s.right_axis || i >= s.names.size() || s.names[i].empty() || !plot.has(s, i) || !plot.inside(s, i)) return;
    const auto error = element(s.error, i);
    const Point at = plot.at(s, i);
    const bool bar = drawable(error, false) && drawable(*s.y[i] + *error, plot.chart.log_y);
    const double reach = bar ? at.y - plot.left->at(*s.y[i] + *error) : 0;
    points.push_back({at.x - f.left, at.y - f.top, s.names[i], text_width(s.names[i], kNameFont), reach});
  });
  if (points.size() > kMostNames) return;
  std::optional<double> rule;
  if (plot.chart.reference && plot.left && drawable(plot.chart.reference, plot.chart.log_y)) {
    rule = plot.left->at(*plot.chart.reference) - f.top;
  }
  const std::vector<PlacedName> places = place_names(points, kNameFont, {f.width(), f.height()}, rule);
  for (std::size_t i = 0; i < points.size(); ++i) {
    svg.text({f.left + points[i].x + places[i].dx, f.top + points[i].y + places[i].dy}, points[i].name,
             {kNameFont, places[i].anchor});
  }
}

/// What a point is, and its numbers.
void add_hovers(Svg& svg, const Plot& plot) {
  constexpr double kReach = 6;
  each_point(plot.chart, [&](const Series& s, std::size_t i) {
    if (!plot.has(s, i) || !plot.inside(s, i)) return;
    std::string who = i < s.hints.size() ? s.hints[i] : i < s.names.size() ? s.names[i] : "";
    if (who.empty()) who = s.label;
    const std::string numbers = short_number(*given_x(s, i)) + ", " + short_number(*s.y[i]);
    svg.hover(mark_path(0, plot.at(s, i), kReach), who.empty() ? numbers : who + ": " + numbers);
  });
}

std::size_t outside(const Plot& plot) {
  std::size_t n = 0;
  each_point(plot.chart, [&](const Series& s, std::size_t i) {
    n += !s.right_axis && plot.has(s, i) && beyond(plot.left, s.y[i]) ? 1 : 0;
  });
  return n;
}

}  // namespace

DrawnPanel draw_points(const Chart& c, Svg svg) {
  Plot plot = {c, zero_place(c)};
  const Legend legend = legend_of(plot);
  plot.frame = frame_of(c, legend, kTicFont);
  add_scales(plot);
  draw_axes(svg, c, plot.frame, legend, plot.left, plot.right);
  draw_x_axis(svg, plot);
  draw_uprights(svg, plot);
  if (plot.x) {
    draw_reference(svg, plot.frame, plot.left, c.reference);
    draw_lines(svg, plot);
    draw_marks(svg, plot);
    draw_names(svg, plot);
    add_hovers(svg, plot);
    draw_beyond(svg, plot.frame, outside(plot));
  } else {
    draw_no_values(svg, plot.frame);
  }
  return {svg.body(), kChartWidth, kChartHeight};
}

}  // namespace sg
