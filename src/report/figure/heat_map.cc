// Heat maps: of labels (one colour each, with a legend) or of numbers (one scale).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/number_text.h"
#include "report/figure/axes.h"
#include "report/figure/look.h"
#include "report/figure/panel.h"

namespace sg {
namespace {

constexpr double kGroupGap = 0.45;                   // in cells
constexpr double kCellWidth = 22, kCellHeight = 16;  // pixels
constexpr double kFewWidth = 30, kFewHeight = 28;    // of a map of few cells
constexpr std::size_t kFew = 12;
constexpr double kFont = 11.5, kGroupFont = 12;
constexpr double kScaleWidth = 76;  // beside a map of numbers

/// Positions of columns or rows along their axis: one cell each, a gap between groups.
struct Places {
  std::vector<double> at;
  double size = 0;
};

Places places_of(std::size_t n, const std::vector<std::string>& groups) {
  Places places;
  for (std::size_t i = 0; i < n; ++i) {
    if (i > 0 && i < groups.size() && groups[i] != groups[i - 1]) places.size += kGroupGap;
    places.at.push_back(places.size + 0.5);
    places.size += 1;
  }
  return places;
}

double longest(const std::vector<std::string>& names, double font) {
  double width = 0;
  for (const std::string& name : names) width = std::max(width, text_width(name, font));
  return width;
}

std::optional<double> cell(const HeatMap& m, std::size_t row, std::size_t column) {
  if (row >= m.cells.size()) return std::nullopt;
  const auto value = element(m.cells[row], column);
  return drawable(value, false) ? value : std::nullopt;
}

/// From light to dark, so that greyscale keeps the order.
std::string scale_color(double share) {
  constexpr std::array<std::array<double, 4>, 4> kStops = {
      {{0, 247, 251, 255}, {0.35, 158, 202, 225}, {0.7, 49, 130, 189}, {1, 8, 48, 107}}};
  std::size_t i = 1;
  while (i + 1 < kStops.size() && share > kStops[i][0]) ++i;
  const auto &a = kStops[i - 1], &b = kStops[i];
  const double t = std::clamp((share - a[0]) / (b[0] - a[0]), 0.0, 1.0);
  const auto part = [&](std::size_t p) { return static_cast<unsigned>(std::lround(a[p] + t * (b[p] - a[p]))); };
  return fmt::format("#{:02x}{:02x}{:02x}", part(1), part(2), part(3));
}

struct Layout {
  Places columns, rows;
  Frame frame;
  Legend legend;
  double width = 0, height = 0;
  std::optional<Scale> numbers;  // of a map of numbers: along the bar beside it

  Point corner(std::size_t row, std::size_t column, double across, double down) const {
    return {frame.left + (columns.at[column] + across) * frame.width() / columns.size,
            frame.top + (rows.at[row] + down) * frame.height() / rows.size};
  }
  std::string box(std::size_t row, std::size_t column, double across, double down) const {
    return box_path(corner(row, column, -across, -down), corner(row, column, across, down));
  }
};

Legend legend_of(const HeatMap& m, bool missing) {
  Legend legend;
  for (std::size_t i = 0; i < m.classes.size(); ++i) {
    legend.add({.label = m.classes[i], .box = fill_at(palette_color("", i), i)});
  }
  if (missing) legend.add({.label = m.classes.empty() ? "no value" : "no conclusion", .box = Fill{kMissing}});
  if (m.marked) legend.add({.label = "the experiment's own definition", .frame = Stroke{kInk, 2}});
  return legend;
}

Layout layout_of(const HeatMap& m) {
  Layout l = {.columns = places_of(m.columns.size(), m.column_groups), .rows = places_of(m.rows.size(), m.row_groups)};
  bool missing = false;
  RangeOf range(false);
  for (std::size_t r = 0; r < m.rows.size(); ++r) {
    for (std::size_t c = 0; c < m.columns.size(); ++c) {
      missing = missing || !cell(m, r, c);
      range.add(cell(m, r, c));
    }
  }
  l.legend = legend_of(m, missing);
  const double plot_width = std::max(l.columns.size * (m.columns.size() > kFew ? kCellWidth : kFewWidth), 120.0);
  const double row_groups = m.row_groups.empty() ? 0 : longest(m.row_groups, kGroupFont) + 14;
  const double right = m.classes.empty() ? kScaleWidth : 16;
  l.frame.left = 14 + longest(m.rows, kFont) + row_groups;
  l.frame.top = 12 + (m.title.empty() ? 0 : 20) + (m.column_groups.empty() ? 0 : 20);
  l.width = std::max(l.frame.left + plot_width + right, 380.0);
  l.frame.right = l.width - right;
  l.frame.bottom = l.frame.top + l.rows.size * (m.rows.size() > kFew ? kCellHeight : kFewHeight);
  // Names of columns stand upright.
  l.height = l.frame.bottom + 12 + longest(m.columns, kFont) + l.legend.height(l.width);
  if (m.classes.empty()) l.numbers = y_scale(range.padded(0, 0), false, l.frame);
  return l;
}

/// The first and the last place of every run of equal groups.
template <class Use>
void for_groups(const std::vector<std::string>& groups, std::size_t n, Use use) {
  for (std::size_t i = 0; i < groups.size() && i < n;) {
    std::size_t end = i;
    while (end + 1 < std::min(groups.size(), n) && groups[end + 1] == groups[i]) ++end;
    use(groups[i], i, end);
    i = end + 1;
  }
}

void draw_names(Svg& svg, const HeatMap& m, const Layout& l) {
  for (std::size_t r = 0; r < m.rows.size() && l.columns.size > 0; ++r) {
    svg.text({l.frame.left - 6, l.corner(r, 0, 0, 0).y}, m.rows[r], {kFont, Anchor::kEnd});
  }
  for (std::size_t c = 0; c < m.columns.size() && l.rows.size > 0; ++c) {
    svg.text({l.corner(0, c, 0, 0).x, l.frame.bottom + 6}, m.columns[c], {kFont, Anchor::kEnd, -90});
  }
  if (!(l.columns.size > 0 && l.rows.size > 0)) return;
  const double left = l.frame.left - 14 - longest(m.rows, kFont);
  for_groups(m.row_groups, m.rows.size(), [&](const std::string& name, std::size_t first, std::size_t last) {
    const double y = (l.corner(first, 0, 0, 0).y + l.corner(last, 0, 0, 0).y) / 2;
    svg.text({left, y}, name, {kGroupFont, Anchor::kEnd});
  });
  for_groups(m.column_groups, m.columns.size(), [&](const std::string& name, std::size_t first, std::size_t last) {
    const double x = (l.corner(0, first, 0, 0).x + l.corner(0, last, 0, 0).x) / 2;
    svg.text({x, l.frame.top - 10}, name, {kGroupFont, Anchor::kMiddle});
  });
}

/// Equal fills in one path each.
void draw_cells(Svg& svg, const HeatMap& m, const Layout& l) {
  std::vector<std::pair<Fill, std::string>> paths;
  for (std::size_t r = 0; r < m.rows.size(); ++r) {
    for (std::size_t c = 0; c < m.columns.size(); ++c) {
      const auto value = cell(m, r, c);
      Fill fill = {kMissing};
      if (value && m.classes.empty())
        fill.color = scale_color((l.numbers->from - l.numbers->at(*value)) / l.frame.height());
      if (value && *value >= 0 && *value < static_cast<double>(m.classes.size())) {
        const auto place = static_cast<std::size_t>(*value);
        fill = fill_at(palette_color("", place), place);
      }
      auto same = std::ranges::find_if(paths, [&](const auto& p) { return p.first == fill; });
      if (same == paths.end()) same = paths.insert(paths.end(), {fill, ""});
      same->second += l.box(r, c, 0.47, 0.46);
    }
  }
  for (const auto& [fill, path] : paths) svg.fill(path, fill);
}

/// What the pointer is told over a cell: the choices, and the conclusion or the number.
void add_hovers(Svg& svg, const HeatMap& m, const Layout& l) {
  const auto named = [](const std::vector<std::string>& groups, const std::vector<std::string>& names, std::size_t i) {
    return i < groups.size() ? groups[i] + ", " + names[i] : names[i];
  };
  for (std::size_t r = 0; r < m.rows.size(); ++r) {
    for (std::size_t c = 0; c < m.columns.size(); ++c) {
      const auto value = cell(m, r, c);
      std::string said = m.classes.empty() ? "no value" : "no conclusion";
      if (value && m.classes.empty()) said = short_number(*value);
      if (value && *value >= 0 && *value < static_cast<double>(m.classes.size()))
        said = m.classes[static_cast<std::size_t>(*value)];
      if (r < m.hints.size() && c < m.hints[r].size() && !m.hints[r][c].empty()) said += ", " + m.hints[r][c];
      svg.hover(l.box(r, c, 0.5, 0.5),
                named(m.row_groups, m.rows, r) + "; " + named(m.column_groups, m.columns, c) + ": " + said);
    }
  }
}

void draw_scale(Svg& svg, const Layout& l) {
  constexpr int kParts = 64;
  const double left = l.width - kScaleWidth + 14, right = left + 12;
  for (int i = 0; i < kParts; ++i) {
    const double share = static_cast<double>(i) / kParts, y = l.frame.bottom - share * l.frame.height();
    // A little taller than its part, so that no seam shows.
    svg.fill(box_path({left, std::max(y - l.frame.height() / kParts - 0.5, l.frame.top)}, {right, y}),
             {scale_color(share)});
  }
  draw_y_axis(svg, {left, l.frame.top, right, l.frame.bottom}, l.numbers, Edge::kRight);
}

}  // namespace

DrawnPanel draw_heat_map(const HeatMap& m, Svg svg) {
  const Layout l = layout_of(m);
  draw_title(svg, m.title, (l.frame.left + l.frame.right) / 2);
  l.legend.draw(svg, l.width, l.height);
  draw_cells(svg, m, l);
  draw_names(svg, m, l);
  if (l.numbers) draw_scale(svg, l);
  if (m.marked && m.marked->first < m.rows.size() && m.marked->second < m.columns.size()) {
    svg.stroke(l.box(m.marked->first, m.marked->second, 0.5, 0.5), {kInk, 2.6});
  }
  add_hovers(svg, m, l);
  return {svg.body(), l.width, l.height};
}

}  // namespace sg
