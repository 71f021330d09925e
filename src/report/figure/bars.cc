// Bars in groups: one group per category, one bar per series in it. Series that share no category (models coloured by
// a condition) stand in the middle of their groups instead of beside each other.
#include <algorithm>
#include <cmath>

#include "base/number_text.h"
#include "report/figure/axes.h"
#include "report/figure/look.h"
#include "report/figure/panel.h"
#include "report/text/value_text.h"

namespace sg {
namespace {

constexpr double kGroupWidth = 0.8;     // of the distance of two groups
constexpr double kRoomOfFew = 4;        // as many groups as this have room even when there are fewer
constexpr double kNameDistance = 12;    // of turned names; closer ones are left out
constexpr double kLargestLabel = 1e15;  // a larger number has no room for its digits

bool series_share_no_category(const Chart& c) {
  for (std::size_t i = 0; i < c.categories.size(); ++i) {
    const auto here =
        std::ranges::count_if(c.series, [&](const Series& s) { return drawable(element(s.y, i), c.log_y); });
    if (here > 1) return false;
  }
  return true;
}

struct Bars {
  const Chart& chart;
  Frame frame;
  Scale x;
  bool alone;    // one bar per group
  double width;  // of a bar, in groups
  std::optional<Scale> left, right;

  double middle(std::size_t category, std::size_t series) const {
    const auto place = static_cast<double>(category);
    if (alone) return place;
    return place + (static_cast<double>(series) - (static_cast<double>(chart.series.size()) - 1) / 2) * width;
  }
  const std::optional<Scale>& scale(const Series& s) const { return s.right_axis ? right : left; }
};

std::optional<Range> y_range(const Chart& c, Edge edge) {
  RangeOf range(c.log_y);
  bool below = false;
  if (!c.log_y) range.add(0);
  for (const Series& s : c.series) {
    if (s.right_axis != (edge == Edge::kRight)) continue;
    for (std::size_t i = 0; i < s.y.size(); ++i) {
      range.add(s.y[i]);
      below = below || (s.y[i] && *s.y[i] < 0);
      if (s.y[i]) add_error(range, *s.y[i], element(s.error, i));
    }
  }
  if (edge == Edge::kLeft) range.add(c.reference);
  const double above = c.value_format.empty() ? 0.06 : 0.13;
  auto padded = range.padded(c.log_y ? 0.08 : above, above);
  // Bars stand on 0 unless some hang below it.
  if (padded && !c.log_y && padded->low < 0 && !below) padded->low = 0;
  return padded;
}

void draw_series(Svg& svg, const Bars& bars, std::size_t s) {
  const Series& series = bars.chart.series[s];
  const std::optional<Scale>& y = bars.scale(series);
  std::string boxes, errors;
  const double half = bars.width * 0.46;
  for (std::size_t c = 0; c < bars.chart.categories.size() && y; ++c) {
    const auto value = element(series.y, c), error = element(series.error, c);
    if (!drawable(value, bars.chart.log_y)) continue;
    const double middle = bars.middle(c, s), left = bars.x.at(middle - half), right = bars.x.at(middle + half);
    const double foot = bars.chart.log_y ? y->range.low : std::clamp(0.0, y->range.low, y->range.high);
    const double end = y->at(std::clamp(*value, y->range.low, y->range.high));
    boxes += box_path({left, std::min(end, y->at(foot))}, {right, std::max(end, y->at(foot))});
    if (drawable(error, false)) errors += error_path(*y, bars.x.at(middle), *value, *error, 0.13 * (right - left));
  }
  svg.fill(boxes, fill_at(color_of(series, s), s));
  svg.begin_clip({bars.frame.left, bars.frame.top}, {bars.frame.right, bars.frame.bottom});
  svg.stroke(errors, {kInk, 1.2});
  svg.end_clip();
}

/// The pointer is told whose bar it is, and its value.
void add_hovers(Svg& svg, const Bars& bars) {
  for (std::size_t s = 0; s < bars.chart.series.size(); ++s) {
    const Series& series = bars.chart.series[s];
    for (std::size_t c = 0; c < bars.chart.categories.size() && bars.scale(series); ++c) {
      const auto value = element(series.y, c);
      if (!drawable(value, bars.chart.log_y)) continue;
      const double middle = bars.middle(c, s), half = bars.width * 0.5;
      const std::string of = series.label.empty() ? "" : ", " + series.label;
      svg.hover(box_path({bars.x.at(middle - half), bars.frame.top}, {bars.x.at(middle + half), bars.frame.bottom}),
                bars.chart.categories[c] + of + ": " + short_number(*value));
    }
  }
}

/// The values above (below, of a negative one) the bars and their error bars.
void draw_values(Svg& svg, const Bars& bars) {
  const Chart& chart = bars.chart;
  for (std::size_t s = 0; s < chart.series.size() && !chart.value_format.empty(); ++s) {
    const std::optional<Scale>& y = bars.scale(chart.series[s]);
    for (std::size_t c = 0; c < chart.categories.size() && y; ++c) {
      const auto value = element(chart.series[s].y, c), error = element(chart.series[s].error, c);
      if (!drawable(value, chart.log_y)) continue;
      const double reach = drawable(error, false) ? *error : 0;
      const double end = std::clamp(*value < 0 ? *value - reach : *value + reach, y->range.low, y->range.high);
      const std::string text = number_text(*value, std::abs(*value) < kLargestLabel ? chart.value_format : "");
      svg.text({bars.x.at(bars.middle(c, s)), y->at(end) + (*value < 0 ? 10 : -9)}, text, {kNameFont, Anchor::kMiddle});
    }
  }
}

/// Whether the longest name has no room beside its neighbours.
bool names_turned(const Chart& c, double width) {
  double longest = 0;
  for (const std::string& name : c.categories) longest = std::max(longest, text_width(name, kTicFont));
  return longest > 0.94 * width / (std::max(static_cast<double>(c.categories.size()), kRoomOfFew) + 0.2);
}

double names_height(const Chart& c, bool turned) {
  double height = kTicFont;
  for (const std::string& name : c.categories) {
    if (turned) height = std::max(height, 0.574 * text_width(name, kTicFont) + 8);
  }
  return height;
}

void draw_names(Svg& svg, const Bars& bars, bool turned) {
  const double distance = bars.x.at(1) - bars.x.at(0);
  const std::size_t step = distance < kNameDistance ? static_cast<std::size_t>(kNameDistance / distance) + 1 : 1;
  for (std::size_t c = 0; c < bars.chart.categories.size(); c += step) {
    const double x = bars.x.at(static_cast<double>(c)), y = bars.frame.bottom + 12;
    if (turned) {
      svg.text({x + 3, y - 2}, bars.chart.categories[c], {kTicFont, Anchor::kEnd, -35});
    } else {
      svg.text({x, y}, bars.chart.categories[c], {kTicFont, Anchor::kMiddle});
    }
  }
}

bool has_bars(const Chart& c, const Series& s) {
  return std::ranges::any_of(s.y, [&](const auto& y) { return drawable(y, c.log_y); });
}

Legend legend_of(const Chart& c) {
  Legend legend;
  for (std::size_t s = 0; s < c.series.size() && c.series.size() > 1; ++s) {
    if (!has_bars(c, c.series[s])) continue;
    legend.add({.label = c.series[s].label, .box = fill_at(color_of(c.series[s], s), s)});
  }
  add_reference(legend, c.reference, c.reference_label);
  return legend;
}

Bars bars_of(const Chart& c, const Frame& f) {
  const auto groups = static_cast<double>(c.categories.size());
  const double side = 0.6 + std::max(0.0, 0.5 * (kRoomOfFew - groups));
  const bool alone = series_share_no_category(c);
  return {.chart = c,
          .frame = f,
          .x = {{-side, groups - 1 + side}, false, f.left, f.right},
          .alone = alone,
          .width = kGroupWidth / (alone ? 1.25 : static_cast<double>(std::max<std::size_t>(c.series.size(), 1))),
          .left = y_scale(c.y_range ? given_range(c) : y_range(c, Edge::kLeft), c.log_y, f),
          .right = y_scale(has_right_axis(c) ? y_range(c, Edge::kRight) : std::nullopt, c.log_y, f)};
}

}  // namespace

DrawnPanel draw_bars(const Chart& c, Svg svg) {
  const Legend legend = legend_of(c);
  const bool turned = names_turned(c, kChartWidth - 100);
  const Bars bars = bars_of(c, frame_of(c, legend, names_height(c, turned)));
  const Frame& f = bars.frame;
  draw_axes(svg, c, f, legend, bars.left, bars.right);
  bool any = false;
  std::size_t outside = 0;
  for (std::size_t s = 0; s < c.series.size(); ++s) {
    draw_series(svg, bars, s);
    any = any || has_bars(c, c.series[s]);
    if (c.series[s].right_axis) continue;
    for (const auto& y : c.series[s].y) outside += beyond(bars.left, y) ? 1 : 0;
  }
  svg.stroke(line_path({f.left, f.bottom}, {f.right, f.bottom}), {kInk, 1});
  if (any) draw_reference(svg, f, bars.left, c.reference);
  if (!any) draw_no_values(svg, f);
  draw_values(svg, bars);
  add_hovers(svg, bars);
  draw_names(svg, bars, turned);
  draw_beyond(svg, f, outside);
  return {svg.body(), kChartWidth, kChartHeight};
}

}  // namespace sg
