// The specification curve: every estimate in order, coloured by the conclusion, and under it which choices led there.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "report/figure/gnuplot.h"
#include "report/figure/panel_script.h"
#include "report/text/number_text.h"

namespace sg {
namespace {

constexpr double kRow = 16, kCurveHeight = 230, kBetween = 12, kUnder = 26;
constexpr double kLeft = 200, kRight = 14;
constexpr double kWidth = 720, kRowFont = 11.5;

double marks_height(const Panel& p) { return kRow * static_cast<double>(std::max<std::size_t>(p.rows.size(), 1)); }

std::string series_title(const Series& s) { return fmt::format("{} ({})", s.label, s.y.size()); }

Legend legend_of(const Panel& p) {
  Legend legend;
  for (std::size_t s = 0; s < p.series.size(); ++s) {
    if (p.series[s].y.empty()) continue;
    legend.add({.label = series_title(p.series[s]), .color = palette_color(p.series[s].color, s)});
  }
  add_reference(legend, p);
  return legend;
}

std::vector<double> sorted_estimates(const Panel& p) {
  std::vector<double> all;
  for (const Series& s : p.series) {
    for (const auto& y : s.y) {
      if (drawable(y, false)) all.push_back(*y);
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

/// Ratios that span decades, such as gains of the last block and of the whole model.
bool spans_decades(const Panel& p) {
  constexpr double kDecades = 50;
  const std::vector<double> all = sorted_estimates(p);
  return !all.empty() && all.front() > 0 && p.reference.value_or(1) > 0 && all.back() > kDecades * all.front();
}

/// The smallest 2 % and the largest 2 % may leave the picture when they would flatten the rest.
std::optional<Range> curve_range(const Panel& p) {
  const std::vector<double> all = sorted_estimates(p);
  if (all.empty()) return std::nullopt;
  const std::size_t cut = all.size() / 50;
  RangeOf inner(p.log_y), whole(p.log_y);
  for (const double y : {all[cut], all[all.size() - 1 - cut]}) inner.add(y);
  for (const double y : {all.front(), all.back()}) whole.add(y);
  inner.add(p.reference);
  whole.add(p.reference);
  const auto i = inner.padded(0.08, 0.08), w = whole.padded(0.06, 0.06);
  if (p.log_y) return w;
  constexpr double kFlattened = 4;
  return w->high - w->low > kFlattened * (i->high - i->low) ? i : w;
}

/// A stroke as high as the line of a curve is thick, on either scale.
std::pair<double, double> thick(double y, const Panel& p, const std::optional<Range>& range) {
  constexpr double kHalf = 0.008;
  if (!range) return {y, y};
  if (p.log_y) {
    const double factor = std::pow(range->high / range->low, kHalf);
    return {y / factor, y * factor};
  }
  const double half = kHalf * (range->high - range->low);
  return {y - half, y + half};
}

constexpr std::size_t kMany = 200;

using Places = std::vector<std::pair<double, double>>;

/// Estimates: bars as wide as their rank; points when there are so many that a bar has no width.
std::string estimates(const std::string& name, const Places& places, const Panel& p,
                      const std::optional<Range>& range) {
  std::string out = fmt::format("${} << EOD\n", name);
  for (const auto& [x, y] : places) {
    const auto [low, high] = thick(y, p, range);
    out += fmt::format("{:.9g} {:.9g} {:.9g} {:.9g} {:.9g} {:.9g}\n", x, y, x - 0.45, x + 0.45, low, high);
  }
  return out + "EOD\n";
}

/// Strokes in the rows of choices; many of them as one path, so that the picture stays small.
std::string strokes(const std::string& name, const Places& places, bool many, double half_width) {
  constexpr double kHalf = 0.36;  // of a row
  std::string out = fmt::format("${} << EOD\n", name);
  for (const auto& [x, y] : places) {
    if (many) {
      out += fmt::format("{0:.9g} {1:.9g}\n{0:.9g} {2:.9g}\n\n", x, y - kHalf, y + kHalf);
    } else {
      out += fmt::format("{:.9g} {:.9g} {:.9g} {:.9g} {:.9g} {:.9g}\n", x, y, x - half_width, x + half_width, y - kHalf,
                         y + kHalf);
    }
  }
  return out + "EOD\n";
}

constexpr const char* kBoxes = "using 1:2:3:4:5:6 with boxxyerror fs solid 1 noborder";

/// The conclusion at every rank, as the series' number.
std::vector<std::size_t> series_by_rank(const Panel& p, std::size_t n) {
  std::vector<std::size_t> series(n, 0);
  for (std::size_t s = 0; s < p.series.size(); ++s) {
    for (const auto& x : p.series[s].x) {
      if (x && *x >= 0 && *x < static_cast<double>(n)) series[static_cast<std::size_t>(*x)] = s;
    }
  }
  return series;
}

std::size_t rank_count(const Panel& p) {
  double last = 0;
  for (const Series& s : p.series) {
    for (const auto& x : s.x) last = std::max(last, x.value_or(0));
  }
  return static_cast<std::size_t>(last) + 1;
}

std::string curve_part(const Panel& p, const std::string& id, const std::optional<Range>& range) {
  const bool many = rank_count(p) > kMany;
  std::string data;
  std::vector<std::string> list;
  if (p.reference && range) list.push_back(reference_plot(p));
  for (std::size_t s = 0; s < p.series.size(); ++s) {
    const Series& series = p.series[s];
    Places places;
    for (std::size_t i = 0; i < series.y.size() && i < series.x.size(); ++i) {
      if (series.x[i] && drawable(series.y[i], false)) places.emplace_back(*series.x[i], *series.y[i]);
    }
    if (places.empty()) continue;
    data += estimates(fmt::format("{}c{}", id, s), places, p, range);
    list.push_back(fmt::format("${}c{} {} lc rgb '{}'", id, s, many ? "using 1:2 with points pt 7 ps 0.3" : kBoxes,
                               palette_color(series.color, s)));
  }
  return data + plot_script(list);
}

/// `width` is of a stroke, in pixels.
std::string marks_part(const Panel& p, const std::string& id, double width, double rank_width) {
  const std::size_t n = rank_count(p);
  const std::vector<std::size_t> series = series_by_rank(p, n);
  std::vector<Places> by_series(p.series.size());
  for (std::size_t r = 0; r < p.marks.size(); ++r) {
    for (const double rank : p.marks[r]) {
      const auto place = static_cast<std::size_t>(rank);
      if (place < series.size()) by_series[series[place]].emplace_back(rank, -static_cast<double>(r));
    }
  }
  std::string data;
  std::vector<std::string> list;
  for (std::size_t s = 0; s < by_series.size(); ++s) {
    if (by_series[s].empty()) continue;
    data += strokes(fmt::format("{}m{}", id, s), by_series[s], n > kMany, width / rank_width / 2);
    const std::string how = n > kMany ? fmt::format("using 1:2 with lines lw {:.3g}", width) : kBoxes;
    list.push_back(fmt::format("${}m{} {} lc rgb '{}'", id, s, how, palette_color(p.series[s].color, s)));
  }
  return data + plot_script(list);
}

/// The names of the choices at the left of their rows, the kind of choice once.
std::string row_names(const Panel& p, const PanelBox& box, double top) {
  std::string out, group;
  for (std::size_t r = 0; r < p.rows.size(); ++r) {
    if (p.rows[r].empty()) continue;
    const double y = (top - kRow * (static_cast<double>(r) + 0.5)) / box.page_height;
    out += fmt::format("set label {} at screen {:.6f},{:.6f} right font ',{}' tc rgb '{}'\n", gnuplot_quoted(p.rows[r]),
                       (box.x + kLeft - 8) / box.page_width, y, kRowFont, kInk);
    const std::string& kind = r < p.row_groups.size() ? p.row_groups[r] : p.rows[r];
    if (kind == group) continue;
    group = kind;
    out += fmt::format("set label {} at screen {:.6f},{:.6f} left font ',{}' tc rgb '{}'\n", gnuplot_quoted(kind),
                       (box.x + 8) / box.page_width, y, kRowFont, kGrey);
  }
  return out;
}

}  // namespace

PanelSize curve_size(const Panel& p) {
  const double title = p.title.empty() ? 0 : 18;
  return {kWidth, 12 + title + kCurveHeight + kBetween + marks_height(p) + kUnder + legend_of(p).height(kWidth)};
}

std::string curve_script(const Panel& panel, const PanelBox& box, const std::string& id) {
  Panel p = panel;
  p.log_y = spans_decades(p);
  p.x_title = grouped(rank_count(p)) + " combinations, ordered by the result";
  const Legend legend = legend_of(p);
  const auto n = static_cast<double>(rank_count(p));
  const double rank_width = (box.width - kLeft - kRight) / (n + 0.2), stroke = std::clamp(0.8 * rank_width, 0.5, 6.0);
  const double marks_bottom = kUnder + legend.height(box.width), marks_top = marks_bottom + marks_height(p);
  const Margins upper = {kLeft, kRight, p.title.empty() ? 12.0 : 30.0, marks_top + kBetween};
  const Margins lower = {kLeft, kRight, box.height - marks_top, marks_bottom};
  Panel upright = p;
  upright.y_title.clear();
  std::string out = margins_script(box, upper) + titles_script(upright, box, upper, legend);
  out += fmt::format("set ylabel {} tc rgb '{}' font ',{}'\n", gnuplot_quoted(p.y_title), kInk, kAxisFont);
  out += fmt::format("set xrange [-0.6:{:.9g}]\nunset xtics\nset border 2\n", n - 0.4);
  const std::optional<Range> range = curve_range(p);
  out += y_axis_script("y", range, p.log_y) + beyond_script(p, range) + curve_part(p, id, range) +
         margins_script(box, lower);
  out += fmt::format(
      "unset logscale\nunset label\nunset object\nunset arrow\nunset ylabel\nset border 0\nunset ytics\nunset grid\n"
      "set yrange [{}:0.5]\n",
      0.5 - static_cast<double>(std::max<std::size_t>(p.rows.size(), 1)));
  return out + row_names(p, box, box.y + marks_top) + marks_part(p, id, stroke, rank_width);
}

}  // namespace sg
