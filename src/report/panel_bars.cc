// Bars in groups: one group per category, one bar per series in it. Series that share no category (models coloured by
// a condition) stand in the middle of their groups instead of beside each other.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/gnuplot.h"
#include "report/panel_script.h"
#include "report/text_table.h"
#include "report/value_text.h"

namespace sg {
namespace {

constexpr double kGroupWidth = 0.8;  // of the distance of two groups
constexpr double kTicFont = 11, kValueFont = 10;
constexpr double kLegendLine = 18, kTitleLine = 17;
constexpr std::size_t kLongestName = 28;

std::optional<double> at(const std::vector<std::optional<double>>& list, std::size_t i) {
  return i < list.size() ? list[i] : std::nullopt;
}

bool series_share_no_category(const Panel& p) {
  for (std::size_t c = 0; c < p.categories.size(); ++c) {
    const auto here =
        std::count_if(p.series.begin(), p.series.end(), [&](const Series& s) { return drawable(at(s.y, c), p.log_y); });
    if (here > 1) return false;
  }
  return true;
}

struct Bars {
  const Panel& panel;
  bool alone;    // one bar per group
  double width;  // of a bar

  explicit Bars(const Panel& p) : panel(p), alone(series_share_no_category(p)) {
    width = kGroupWidth / (alone ? 1.25 : static_cast<double>(std::max<std::size_t>(p.series.size(), 1)));
  }
  double x(std::size_t category, std::size_t series) const {
    const auto middle = static_cast<double>(category);
    if (alone) return middle;
    return middle + (static_cast<double>(series) - (static_cast<double>(panel.series.size()) - 1) / 2) * width;
  }
};

std::optional<Range> y_range(const Panel& p, bool right) {
  RangeOf range(p.log_y);
  if (!p.log_y) range.add(0);
  for (const Series& s : p.series) {
    if (s.right_axis != right) continue;
    for (std::size_t c = 0; c < s.y.size(); ++c) {
      range.add(s.y[c]);
      const auto error = at(s.error, c);
      if (!s.y[c] || !drawable(error, false)) continue;
      range.add(*s.y[c] + *error);
      range.add(*s.y[c] - *error);
    }
  }
  if (!right) range.add(p.reference);
  const double above = p.value_format.empty() ? 0.06 : 0.13;
  auto padded = range.padded(p.log_y ? 0.08 : above, above);
  // Bars stand on 0 unless some hang below it.
  if (padded && !p.log_y && padded->low < 0) {
    const bool below = std::any_of(p.series.begin(), p.series.end(), [&](const Series& s) {
      return s.right_axis == right && std::any_of(s.y.begin(), s.y.end(), [](const auto& y) { return y && *y < 0; });
    });
    if (!below) padded->low = 0;
  }
  return padded;
}

std::string data_script(const Bars& bars, std::size_t s, const std::string& id) {
  const Series& series = bars.panel.series[s];
  std::string boxes = fmt::format("${}b{} << EOD\n", id, s), errors = fmt::format("${}e{} << EOD\n", id, s);
  for (std::size_t c = 0; c < bars.panel.categories.size(); ++c) {
    const auto y = at(series.y, c);
    if (!drawable(y, bars.panel.log_y)) continue;
    boxes += fmt::format("{:.9g} {:.9g} {:.9g}\n", bars.x(c, s), *y, bars.width * 0.92);
    if (drawable(at(series.error, c), false)) {
      errors += fmt::format("{:.9g} {:.9g} {:.9g}\n", bars.x(c, s), *y, *series.error[c]);
    }
  }
  return boxes + "EOD\n" + errors + "EOD\n";
}

bool has_bars(const Panel& p, const Series& s) {
  return std::any_of(s.y.begin(), s.y.end(), [&](const auto& y) { return drawable(y, p.log_y); });
}

bool has_errors(const Panel& p, const Series& s) {
  for (std::size_t c = 0; c < s.y.size(); ++c) {
    if (drawable(s.y[c], p.log_y) && drawable(at(s.error, c), false)) return true;
  }
  return false;
}

/// The values above (below, of a negative one) the bars and their error bars.
std::string value_labels(const Bars& bars, const std::optional<Range>& range) {
  std::string out;
  const Panel& p = bars.panel;
  if (p.value_format.empty()) return out;
  for (std::size_t s = 0; s < p.series.size(); ++s) {
    for (std::size_t c = 0; c < p.categories.size(); ++c) {
      const auto y = at(p.series[s].y, c);
      if (!drawable(y, p.log_y)) continue;
      const auto error = at(p.series[s].error, c);
      const double reach = drawable(error, false) ? *error : 0;
      double end = *y < 0 ? *y - reach : *y + reach;
      if (range && !p.series[s].right_axis) end = std::clamp(end, range->low, range->high);
      out += fmt::format("set label {} at {} {:.9g},{} {:.9g} center offset 0,{} font ',{}' tc rgb '{}' front\n",
                         gnuplot_quoted(number_text(*y, p.value_format)), "first", bars.x(c, s),
                         p.series[s].right_axis ? "second" : "first", end, *y < 0 ? "-0.7" : "0.6", kValueFont, kInk);
    }
  }
  return out;
}

/// Whether the longest name has no room beside its neighbours.
bool names_rotated(const Panel& p, double plot_width) {
  double longest = 0;
  for (const std::string& name : p.categories) longest = std::max(longest, text_width(name, kTicFont));
  return longest > 0.94 * plot_width / static_cast<double>(std::max<std::size_t>(p.categories.size(), 1));
}

std::string category_tics(const Panel& p, bool rotated) {
  std::string list;
  for (std::size_t c = 0; c < p.categories.size(); ++c) {
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", gnuplot_tic(p.categories[c]), c);
  }
  return fmt::format("set xtics {} scale 0 ({})\n", rotated ? "rotate by 35 right" : "norotate", list);
}

Margins margins_of(const Panel& p, const PanelBox& box, const Legend& legend) {
  Margins m;
  const bool right = std::any_of(p.series.begin(), p.series.end(), [](const Series& s) { return s.right_axis; });
  if (right) m.right = 62;
  m.top = 14 + kTitleLine * static_cast<double>(std::max<std::size_t>(line_count(p.title), 1));
  double names = kTicFont;
  if (names_rotated(p, box.width - m.left - m.right)) {
    for (const std::string& name : p.categories) names = std::max(names, 0.58 * text_width(name, kTicFont) + 10);
  }
  m.bottom = 14 + names + (p.x_title.empty() ? 0 : 20) + kLegendLine * static_cast<double>(legend.lines(box.width));
  m.bottom = std::min(m.bottom, 0.55 * box.height);
  return m;
}

Legend legend_of(const Panel& p) {
  Legend legend;
  for (const Series& s : p.series) {
    if (p.series.size() > 1 && !s.label.empty() && has_bars(p, s)) legend.entries.push_back(s.label);
  }
  if (p.reference && !p.reference_label.empty()) legend.entries.push_back(p.reference_label);
  return legend;
}

std::string plots(const Panel& p, const std::string& id) {
  std::string list;
  const auto add = [&](const std::string& plot) { list += (list.empty() ? "plot " : ", \\\n  ") + plot; };
  for (std::size_t s = 0; s < p.series.size(); ++s) {
    const Series& series = p.series[s];
    if (!has_bars(p, series)) continue;
    const char* axes = series.right_axis ? "axes x1y2" : "axes x1y1";
    add(fmt::format("${}b{} using 1:2:3 {} with boxes lc rgb '{}' {}", id, s, axes, palette_color(series.color, s),
                    title_or_none(p.series.size() > 1 ? series.label : "")));
    if (has_errors(p, series)) {
      add(fmt::format("${}e{} using 1:2:3 {} with yerrorbars pt 0 lw 1.1 lc rgb '{}' notitle", id, s, axes, kInk));
    }
  }
  if (p.reference) {
    add(fmt::format("{:.9g} with lines dt (8,5) lw 1.4 lc rgb '{}' {}", *p.reference, kGrey,
                    title_or_none(p.reference_label)));
  }
  if (list.empty()) list = "plot NaN notitle";
  return list + "\n";
}

}  // namespace

std::string bars_script(const Panel& whole, const PanelBox& box, const std::string& id) {
  Panel p = whole;
  for (std::string& name : p.categories) name = shortened(name, kLongestName);
  const Bars bars(p);
  const Legend legend = legend_of(p);
  const Margins margins = margins_of(p, box, legend);
  const bool right = std::any_of(p.series.begin(), p.series.end(), [](const Series& s) { return s.right_axis; });
  const std::optional<Range> left_range = p.y_range ? Range{p.y_range->first, p.y_range->second} : y_range(p, false);
  std::string out = margins_script(box, margins) + legend_script(legend, box);
  if (p.log_y) out += "set logscale y\nset format y '%g'\n";
  out += fmt::format("set xrange [-0.6:{:.9g}]\n", static_cast<double>(p.categories.size()) - 0.4);
  out += range_script("y", left_range);
  if (right) {
    out += fmt::format("set border 11 lc rgb '{}' lw 1\nset y2tics nomirror\n", kInk) +
           range_script("y2", y_range(p, true));
    if (p.log_y) out += "set logscale y2\n";
  }
  out += category_tics(p, names_rotated(p, box.width - margins.left - margins.right));
  for (std::size_t s = 0; s < p.series.size(); ++s) out += data_script(bars, s, id);
  return out + value_labels(bars, left_range) + plots(p, id);
}

}  // namespace sg
