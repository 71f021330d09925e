// The specification curve: every estimate in order, coloured by the conclusion, and under it which choices led there.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/number_text.h"
#include "report/figure/axes.h"
#include "report/figure/look.h"
#include "report/figure/panel.h"

namespace sg {
namespace {

constexpr double kRow = 16, kCurveHeight = 230, kBetween = 12, kUnder = 26;
constexpr double kLeft = 200, kRight = 14, kTop = 12;
constexpr double kWidth = 720, kRowFont = 11.5;
constexpr std::size_t kMany = 200;  // from here on an estimate has no width: a dot

std::vector<double> sorted_values(const SpecificationCurve& c) {
  std::vector<double> all;
  for (const auto& conclusion : c.conclusions) {
    for (const auto& estimate : conclusion.estimates) {
      if (std::isfinite(estimate.value)) all.push_back(estimate.value);
    }
  }
  std::ranges::sort(all);
  return all;
}

/// Ratios that span decades, such as gains of the last block and of the whole model.
bool spans_decades(const SpecificationCurve& c, const std::vector<double>& all) {
  constexpr double kDecades = 50;
  return !all.empty() && all.front() > 0 && c.reference.value_or(1) > 0 && all.back() / kDecades > all.front();
}

/// The smallest 2 % and the largest 2 % may leave the picture when they would flatten the rest.
std::optional<Range> curve_range(const SpecificationCurve& c, const std::vector<double>& all, bool logarithmic) {
  if (all.empty()) return std::nullopt;
  const std::size_t cut = all.size() / 50;
  RangeOf inner(logarithmic), whole(logarithmic);
  for (const double y : {all[cut], all[all.size() - 1 - cut]}) inner.add(y);
  for (const double y : {all.front(), all.back()}) whole.add(y);
  inner.add(c.reference);
  whole.add(c.reference);
  const auto i = inner.padded(0.08, 0.08), w = whole.padded(0.06, 0.06);
  if (logarithmic) return w;
  constexpr double kFlattened = 4;
  return w->high / kFlattened - w->low / kFlattened > i->high - i->low ? i : w;
}

struct Curve {
  const SpecificationCurve& data;
  Legend legend;
  std::size_t count = 0;  // of ranks
  double height = 0, marks_top = 0;
  Frame frame;
  Scale x;
  std::optional<Scale> y;
};

Curve curve_of(const SpecificationCurve& c) {
  Curve curve = {.data = c};
  for (std::size_t i = 0; i < c.conclusions.size(); ++i) {
    const auto& [label, estimates] = c.conclusions[i];
    if (estimates.empty()) continue;
    curve.legend.add(
        {.label = fmt::format("{} ({})", label, estimates.size()), .box = fill_at(palette_color("", i), i)});
    for (const auto& estimate : estimates) curve.count = std::max(curve.count, estimate.rank + 1);
  }
  const double marks = kRow * static_cast<double>(std::max<std::size_t>(c.choices.size(), 1));
  curve.frame = {kLeft, kTop, kWidth - kRight, kTop + kCurveHeight};
  curve.marks_top = curve.frame.bottom + kBetween;
  curve.height = curve.marks_top + marks + kUnder + curve.legend.height(kWidth);
  curve.x = {{-0.6, std::max(static_cast<double>(curve.count), 1.0) - 0.4}, false, kLeft, kWidth - kRight};
  const std::vector<double> all = sorted_values(c);
  const bool logarithmic = spans_decades(c, all);
  curve.y = y_scale(curve_range(c, all, logarithmic), logarithmic, curve.frame);
  return curve;
}

/// Bars as wide as their rank, or dots; how many do not fit.
std::size_t draw_estimates(Svg& svg, const Curve& c) {
  constexpr double kHalf = 2;
  std::size_t outside = 0;
  for (std::size_t i = 0; i < c.data.conclusions.size(); ++i) {
    std::string path;
    for (const auto& [rank, value, hint] : c.data.conclusions[i].estimates) {
      if (!c.y || !drawable(value, c.y->logarithmic)) continue;
      if (!c.y->holds(value)) {
        ++outside;
        continue;
      }
      const double y = c.y->at(value), place = static_cast<double>(rank);
      path += c.count > kMany ? mark_path(i, {c.x.at(place), y}, 1.6)
                              : box_path({c.x.at(place - 0.45), y - kHalf}, {c.x.at(place + 0.45), y + kHalf});
    }
    svg.fill(path, {palette_color("", i)});
  }
  return outside;
}

/// Strokes in the rows of choices, filled as the conclusion of their rank is.
void draw_choices(Svg& svg, const Curve& c) {
  std::vector<std::size_t> conclusion(c.count, 0);
  for (std::size_t i = 0; i < c.data.conclusions.size(); ++i) {
    for (const auto& estimate : c.data.conclusions[i].estimates) conclusion[estimate.rank] = i;
  }
  std::vector<std::string> paths(c.data.conclusions.size());
  const double half = std::clamp(0.4 * (c.x.at(1) - c.x.at(0)), 0.25, 3.0);
  for (std::size_t row = 0; row < c.data.choices.size(); ++row) {
    const double y = c.marks_top + kRow * (static_cast<double>(row) + 0.5);
    for (const std::size_t rank : c.data.choices[row].ranks) {
      if (rank >= c.count) continue;
      const double x = c.x.at(static_cast<double>(rank));
      paths[conclusion[rank]] += box_path({x - half, y - 0.36 * kRow}, {x + half, y + 0.36 * kRow});
    }
  }
  for (std::size_t i = 0; i < paths.size(); ++i) svg.fill(paths[i], fill_at(palette_color("", i), i));
}

/// Over its whole column an estimate says what it is of.
void add_hovers(Svg& svg, const Curve& c) {
  const double bottom = c.marks_top + kRow * static_cast<double>(c.data.choices.size());
  for (const auto& conclusion : c.data.conclusions) {
    for (const auto& estimate : conclusion.estimates) {
      const auto place = static_cast<double>(estimate.rank);
      svg.hover(box_path({c.x.at(place - 0.5), c.frame.top}, {c.x.at(place + 0.5), bottom}), estimate.hint);
    }
  }
}

/// The names of the choices at the left of their rows, the kind of choice once.
void draw_names(Svg& svg, const Curve& c) {
  std::string kind;
  for (std::size_t row = 0; row < c.data.choices.size(); ++row) {
    const auto& choice = c.data.choices[row];
    if (choice.name.empty()) continue;
    const double y = c.marks_top + kRow * (static_cast<double>(row) + 0.5);
    svg.text({kLeft - 8, y}, choice.name, {kRowFont, Anchor::kEnd});
    if (choice.kind != kind) svg.text({8, y}, choice.kind, {kRowFont, Anchor::kStart, 0, kGrey});
    kind = choice.kind;
  }
}

}  // namespace

DrawnPanel draw_curve(const SpecificationCurve& data, Svg svg) {
  const Curve c = curve_of(data);
  draw_y_axis(svg, c.frame, c.y, Edge::kLeft);
  svg.text({kLeft - 58, (c.frame.top + c.frame.bottom) / 2}, data.y_title, {kAxisFont, Anchor::kMiddle, -90});
  svg.text({(kLeft + kWidth - kRight) / 2, c.height - c.legend.height(kWidth) - 10},
           grouped(c.count) + " combinations, ordered by the result", {kAxisFont, Anchor::kMiddle});
  c.legend.draw(svg, kWidth, c.height);
  draw_reference(svg, c.frame, c.y, data.reference);
  draw_beyond(svg, c.frame, draw_estimates(svg, c));
  if (!c.y) draw_no_values(svg, c.frame);
  draw_choices(svg, c);
  draw_names(svg, c);
  add_hovers(svg, c);
  return {svg.body(), kWidth, c.height};
}

}  // namespace sg
