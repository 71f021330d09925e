// Bars in groups: one group per category, one bar per series in it. Series that share no category (models coloured by
// a condition) stand in the middle of their groups instead of beside each other.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/figure/gnuplot.h"
#include "report/figure/panel_script.h"
#include "report/text/value_text.h"

namespace sg {
namespace {

constexpr double kGroupWidth = 0.8;  // of the distance of two groups
constexpr double kRoomOfFew = 4;     // as many groups as this have room even when there are fewer

bool series_share_no_category(const Panel& p) {
  for (std::size_t c = 0; c < p.categories.size(); ++c) {
    const auto here = std::count_if(p.series.begin(), p.series.end(),
                                    [&](const Series& s) { return drawable(element(s.y, c), p.log_y); });
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
      const auto error = element(s.error, c);
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
  std::string boxes = fmt::format("${}b{} << EOD\n", id, s);
  std::vector<std::array<double, 3>> errors;
  for (std::size_t c = 0; c < bars.panel.categories.size(); ++c) {
    const auto y = element(series.y, c), error = element(series.error, c);
    if (!drawable(y, bars.panel.log_y)) continue;
    boxes += fmt::format("{:.9g} {:.9g} {:.9g}\n", bars.x(c, s), *y, bars.width * 0.92);
    if (drawable(error, false)) errors.push_back({bars.x(c, s), *y, *error});
  }
  return boxes + "EOD\n" + error_bars(fmt::format("{}e{}", id, s), errors, 0.12 * bars.width);
}

bool has_bars(const Panel& p, const Series& s) {
  return std::any_of(s.y.begin(), s.y.end(), [&](const auto& y) { return drawable(y, p.log_y); });
}

bool has_errors(const Panel& p, const Series& s) {
  for (std::size_t c = 0; c < s.y.size(); ++c) {
    if (drawable(s.y[c], p.log_y) && drawable(element(s.error, c), false)) return true;
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
      const auto y = element(p.series[s].y, c);
      if (!drawable(y, p.log_y)) continue;
      const auto error = element(p.series[s].error, c);
      const double reach = drawable(error, false) ? *error : 0;
      double end = *y < 0 ? *y - reach : *y + reach;
      if (range && !p.series[s].right_axis) end = std::clamp(end, range->low, range->high);
      out += fmt::format("set label {} at {} {:.9g},{} {:.9g} center offset 0,{} font ',{}' tc rgb '{}' front\n",
                         gnuplot_quoted(number_text(*y, p.value_format)), "first", bars.x(c, s),
                         p.series[s].right_axis ? "second" : "first", end, *y < 0 ? "-0.7" : "0.6", kNameFont, kInk);
    }
  }
  return out;
}

/// Whether the longest name has no room beside its neighbours.
bool names_rotated(const Panel& p, double plot_width) {
  double longest = 0;
  for (const std::string& name : p.categories) longest = std::max(longest, text_width(name, kTicFont));
  return longest > 0.94 * plot_width / (std::max(static_cast<double>(p.categories.size()), kRoomOfFew) + 0.2);
}

std::string category_tics(const Panel& p, bool rotated) {
  std::string list;
  for (std::size_t c = 0; c < p.categories.size(); ++c) {
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", gnuplot_tic(p.categories[c]), c);
  }
  return fmt::format("set xtics {} scale 0 ({})\n", rotated ? "rotate by 35 right" : "norotate", list);
}

double names_height(const Panel& p, bool rotated) {
  double height = kTicFont;
  if (!rotated) return height;
  for (const std::string& name : p.categories) height = std::max(height, 0.574 * text_width(name, kTicFont) + 8);
  return height;
}

Legend legend_of(const Panel& p) {
  Legend legend;
  for (std::size_t s = 0; s < p.series.size() && p.series.size() > 1; ++s) {
    if (has_bars(p, p.series[s]))
      legend.add({.label = p.series[s].label, .color = palette_color(p.series[s].color, s)});
  }
  add_reference(legend, p);
  return legend;
}

std::string plots(const Panel& p, const std::string& id) {
  std::vector<std::string> list;
  for (std::size_t s = 0; s < p.series.size(); ++s) {
    const Series& series = p.series[s];
    if (!has_bars(p, series)) continue;
    const char* axes = series.right_axis ? "axes x1y2" : "axes x1y1";
    list.push_back(
        fmt::format("${}b{} using 1:2:3 {} with boxes lc rgb '{}'", id, s, axes, palette_color(series.color, s)));
    if (has_errors(p, series))
      list.push_back(fmt::format("${}e{} using 1:2 {} with lines lw 1.2 lc rgb '{}'", id, s, axes, kInk));
  }
  if (p.reference && !list.empty()) list.push_back(reference_plot(p));
  return plot_script(list);
}

}  // namespace

std::string bars_script(const Panel& p, const PanelBox& box, const std::string& id) {
  const Bars bars(p);
  const Legend legend = legend_of(p);
  const bool rotated = names_rotated(p, box.width - 100);
  const Margins margins = margins_of(p, box, legend, names_height(p, rotated));
  const std::optional<Range> range = p.y_range ? Range{p.y_range->first, p.y_range->second} : y_range(p, false);
  std::string out = margins_script(box, margins) + titles_script(p, box, margins, legend);
  const auto groups = static_cast<double>(p.categories.size());
  const double side = 0.6 + std::max(0.0, 0.5 * (kRoomOfFew - groups));
  out += fmt::format("set xrange [{:.9g}:{:.9g}]\n", -side, groups - 1 + side);
  out += y_axis_script("y", range, p.log_y) + beyond_script(p, range);
  if (has_right_axis(p)) {
    out += fmt::format("set border 11 lc rgb '{}' lw 1\nset y2tics nomirror\n", kInk);
    out += y_axis_script("y2", y_range(p, true), p.log_y);
  }
  out += category_tics(p, rotated);
  for (std::size_t s = 0; s < p.series.size(); ++s) out += data_script(bars, s, id);
  return out + value_labels(bars, range) + plots(p, id);
}

}  // namespace sg
