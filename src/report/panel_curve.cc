// The specification curve: every estimate in order, coloured by the conclusion, and under it which choices led there.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "report/gnuplot.h"
#include "report/panel_script.h"

namespace sg {
namespace {

constexpr double kRow = 15, kCurveHeight = 240, kLegendLine = 18;
constexpr double kLeft = 210, kRight = 16, kBetween = 12;
constexpr double kRowFont = 10.5;

double marks_height(const Panel& p) { return kRow * static_cast<double>(std::max<std::size_t>(p.rows.size(), 1)); }

std::string series_title(const Series& s) { return fmt::format("{} ({})", s.label, s.y.size()); }

Legend legend_of(const Panel& p) {
  Legend legend;
  for (const Series& s : p.series) {
    if (!s.y.empty()) legend.entries.push_back(series_title(s));
  }
  if (p.reference && !p.reference_label.empty()) legend.entries.push_back(p.reference_label);
  return legend;
}

/// The smallest 2 % and the largest 2 % may leave the picture when they would flatten the rest.
std::optional<Range> curve_range(const Panel& p) {
  std::vector<double> all;
  for (const Series& s : p.series) {
    for (const auto& y : s.y) {
      if (drawable(y, false)) all.push_back(*y);
    }
  }
  if (all.empty()) return std::nullopt;
  std::sort(all.begin(), all.end());
  const std::size_t cut = all.size() / 50;
  RangeOf inner(false), whole(false);
  for (const double y : {all[cut], all[all.size() - 1 - cut]}) inner.add(y);
  for (const double y : {all.front(), all.back()}) whole.add(y);
  inner.add(p.reference);
  whole.add(p.reference);
  const auto i = inner.padded(0.08, 0.08), w = whole.padded(0.06, 0.06);
  constexpr double kFlattened = 4;
  return w->high - w->low > kFlattened * (i->high - i->low) ? i : w;
}

/// Short strokes as one path per series: a picture of a thousand points stays small.
std::string strokes(const std::string& name, const std::vector<std::pair<double, double>>& at, bool upright) {
  std::string out = fmt::format("${} << EOD\n", name);
  for (const auto& [x, y] : at) {
    if (upright) {
      out += fmt::format("{0:.9g} {1:.9g}\n{0:.9g} {2:.9g}\n\n", x, y - 0.36, y + 0.36);
    } else {
      out += fmt::format("{0:.9g} {2:.9g}\n{1:.9g} {2:.9g}\n\n", x - 0.5, x + 0.5, y);
    }
  }
  return out + "EOD\n";
}

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

std::string curve_part(const Panel& p, const std::string& id, double width) {
  std::string data, list;
  for (std::size_t s = 0; s < p.series.size(); ++s) {
    const Series& series = p.series[s];
    std::vector<std::pair<double, double>> points;
    for (std::size_t i = 0; i < series.y.size() && i < series.x.size(); ++i) {
      if (series.x[i] && drawable(series.y[i], false)) points.emplace_back(*series.x[i], *series.y[i]);
    }
    if (points.empty()) continue;
    data += strokes(fmt::format("{}c{}", id, s), points, false);
    list += fmt::format("{}${}c{} using 1:2 with lines lw {} lc rgb '{}' {}", list.empty() ? "plot " : ", \\\n  ", id,
                        s, width, palette_color(series.color, s), title_or_none(series_title(series)));
  }
  if (p.reference) {
    list += fmt::format("{}{:.9g} with lines dt (8,5) lw 1.4 lc rgb '{}' {}", list.empty() ? "plot " : ", \\\n  ",
                        *p.reference, kGrey, title_or_none(p.reference_label));
  }
  if (list.empty()) list = "plot NaN notitle";
  return data + list + "\n";
}

std::string marks_part(const Panel& p, const std::string& id, double width) {
  const std::vector<std::size_t> series = series_by_rank(p, rank_count(p));
  std::vector<std::vector<std::pair<double, double>>> by_series(p.series.size());
  for (std::size_t r = 0; r < p.marks.size(); ++r) {
    for (const double rank : p.marks[r]) {
      const auto place = static_cast<std::size_t>(rank);
      if (place < series.size()) by_series[series[place]].emplace_back(rank, -static_cast<double>(r));
    }
  }
  std::string data, list;
  for (std::size_t s = 0; s < by_series.size(); ++s) {
    if (by_series[s].empty()) continue;
    data += strokes(fmt::format("{}m{}", id, s), by_series[s], true);
    list += fmt::format("{}${}m{} using 1:2 with lines lw {} lc rgb '{}' notitle", list.empty() ? "plot " : ", \\\n  ",
                        id, s, width, palette_color(p.series[s].color, s));
  }
  return data + (list.empty() ? "plot NaN notitle" : list) + "\n";
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
  const double legend = kLegendLine * static_cast<double>(legend_of(p).lines(820));
  return {820, 24 + (p.title.empty() ? 0 : 17) + kCurveHeight + kBetween + marks_height(p) + 34 + legend};
}

std::string curve_script(const Panel& p, const PanelBox& box, const std::string& id) {
  const Legend legend = legend_of(p);
  const auto n = static_cast<double>(rank_count(p));
  const double stroke = std::clamp(0.8 * (box.width - kLeft - kRight) / n, 0.5, 5.0);
  const double marks_bottom = 30 + kLegendLine * static_cast<double>(legend.lines(box.width));
  const double marks_top = marks_bottom + marks_height(p);
  const Margins upper = {kLeft, kRight, p.title.empty() ? 14.0 : 31.0, marks_top + kBetween};
  const Margins lower = {kLeft, kRight, box.height - marks_top, marks_bottom};
  std::string out = margins_script(box, upper) + legend_script(legend, box);
  out += fmt::format("set xrange [-1:{:.9g}]\nunset xtics\nset border 2\nset ylabel offset 0,0\n", n);
  out += range_script("y", curve_range(p)) + curve_part(p, id, 2.6);
  out += margins_script(box, lower);
  out += fmt::format(
      "unset label\nunset title\nunset ylabel\nset key off\nset border 0\nunset ytics\nunset grid\nset yrange "
      "[{}:0.5]\n",
      0.5 - static_cast<double>(std::max<std::size_t>(p.rows.size(), 1)));
  out += fmt::format("set xlabel {} tc rgb '{}' font ',12' offset 0,0.6\n",
                     gnuplot_quoted(fmt::format("{} combinations, by their result", rank_count(p))), kInk);
  return out + row_names(p, box, box.y + marks_top) + marks_part(p, id, stroke);
}

}  // namespace sg
