#include "report/figure/axes.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/figure/look.h"

namespace sg {
namespace {

constexpr double kTitleLine = 17, kAxisTitle = 20, kTic = 4;  // pixels

std::size_t line_count(const std::string& text) {
  return text.empty() ? 0 : 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

double title_height(const std::string& title) { return kTitleLine * static_cast<double>(line_count(title)); }

Frame frame_of(const Chart& c, const Legend& legend, double names) {
  double right = 14;
  if (has_right_axis(c)) right = c.right_title.empty() ? 46 : 62;
  const double bottom = 12 + names + (c.x_title.empty() ? 0 : kAxisTitle) + legend.height(kChartWidth);
  return {c.y_title.empty() ? 46.0 : 62.0, 12 + title_height(c.title), kChartWidth - right, kChartHeight - bottom};
}

void draw_title(Svg& svg, const std::string& title, double middle) {
  double y = kTitleLine / 2 + 1;
  for (std::size_t at = 0; at < title.size(); y += kTitleLine) {
    const std::size_t end = std::min(title.find('\n', at), title.size());
    svg.text({middle, y}, std::string_view(title).substr(at, end - at), {kTitleFont, Anchor::kMiddle});
    at = end + 1;
  }
}

std::optional<Scale> y_scale(const std::optional<Range>& range, bool logarithmic, const Frame& f) {
  if (!range) return std::nullopt;
  return Scale{*range, logarithmic, f.bottom, f.top};
}

void draw_y_axis(Svg& svg, const Frame& f, const std::optional<Scale>& scale, Edge edge) {
  const bool left = edge == Edge::kLeft;
  const double x = left ? f.left : f.right, out = left ? -1 : 1;
  std::string strokes = line_path({x, f.top}, {x, f.bottom}), grid;
  if (scale) {
    const std::vector<double> tics = tics_of(scale->range, scale->logarithmic);
    const std::vector<std::string> labels = tic_labels(tics, scale->logarithmic);
    for (std::size_t i = 0; i < tics.size(); ++i) {
      const double y = scale->at(tics[i]);
      if (left) grid += line_path({f.left, y}, {f.right, y});
      strokes += line_path({x, y}, {x + out * kTic, y});
      svg.text({x + out * (kTic + 4), y}, labels[i], {kTicFont, left ? Anchor::kEnd : Anchor::kStart});
    }
  }
  svg.stroke(grid, {kRule, 0.7});
  svg.stroke(strokes, {kInk, 1});
}

void draw_reference(Svg& svg, const Frame& f, const std::optional<Scale>& scale,
                    const std::optional<double>& reference) {
  if (!reference || !scale || !scale->holds(*reference)) return;
  const double y = scale->at(*reference);
  svg.stroke(line_path({f.left, y}, {f.right, y}), {kGrey, 1.4, kReferenceDash});
}

void add_reference(Legend& legend, const std::optional<double>& reference, const std::string& label) {
  if (!reference) return;
  legend.add({.label = label, .line = Stroke{kGrey, 1.4, kReferenceDash}});
}

void draw_beyond(Svg& svg, const Frame& f, std::size_t count) {
  if (count == 0) return;
  svg.text({f.right - 4, f.top + 9}, fmt::format("{} beyond the axis", count), {kNameFont, Anchor::kEnd, 0, kGrey});
}

bool beyond(const std::optional<Scale>& scale, const std::optional<double>& y) {
  return scale && drawable(y, scale->logarithmic) && !scale->holds(*y);
}

void draw_no_values(Svg& svg, const Frame& f) {
  svg.text({(f.left + f.right) / 2, (f.top + f.bottom) / 2}, "no values", {kNameFont, Anchor::kMiddle, 0, kGrey});
}

void draw_axes(Svg& svg, const Chart& c, const Frame& f, const Legend& legend, const std::optional<Scale>& left,
               const std::optional<Scale>& right) {
  const double middle = (f.left + f.right) / 2, height = (f.top + f.bottom) / 2;
  draw_title(svg, c.title, middle);
  svg.text({middle, kChartHeight - legend.height(kChartWidth) - kAxisTitle / 2}, c.x_title,
           {kAxisFont, Anchor::kMiddle});
  svg.text({10, height}, c.y_title, {kAxisFont, Anchor::kMiddle, -90});
  svg.text({kChartWidth - 9, height}, c.right_title, {kAxisFont, Anchor::kMiddle, -90});
  legend.draw(svg, kChartWidth, kChartHeight);
  draw_y_axis(svg, f, left, Edge::kLeft);
  if (has_right_axis(c)) draw_y_axis(svg, f, right, Edge::kRight);
}

void add_error(RangeOf& range, double y, const std::optional<double>& error) {
  if (!drawable(error, false)) return;
  range.add(y + *error);
  range.add(y - *error);
}

std::optional<Range> given_range(const Chart& c) {
  if (!c.y_range) return std::nullopt;
  RangeOf range(c.log_y);
  range.add(c.y_range->first);
  range.add(c.y_range->second);
  return range.padded(0, 0);
}

std::optional<double> element(const std::vector<std::optional<double>>& list, std::size_t i) {
  return i < list.size() ? list[i] : std::nullopt;
}

bool has_right_axis(const Chart& c) {
  return std::ranges::any_of(c.series, [](const Series& s) { return s.right_axis; });
}

std::string error_path(const Scale& scale, double x, double y, double error, double cap) {
  const auto place = [&](double end) {
    return scale.at(drawable(end, scale.logarithmic) ? end : std::clamp(end, scale.range.low, scale.range.high));
  };
  const double low = place(y - error), high = place(y + error);
  return line_path({x, low}, {x, high}) + line_path({x - cap, low}, {x + cap, low}) +
         line_path({x - cap, high}, {x + cap, high});
}

}  // namespace sg
