#include "report/figure/legend.h"

#include <utility>

namespace sg {
namespace {

constexpr double kLine = 18, kSample = 26, kSampleGap = 6, kEntryGap = 18, kSide = 10;  // pixels
constexpr double kFont = 12;

void draw_sample(Svg& svg, const LegendEntry& e, double x, double y) {
  const Point corner = {x + 8, y - 5}, other = {x + kSample, y + 5};
  if (e.box) svg.fill(box_path(corner, other), *e.box);
  if (e.frame) svg.stroke(box_path(corner, other), *e.frame);
  if (e.line) svg.stroke(line_path({x, y}, {x + kSample, y}), *e.line);
  if (e.mark) svg.fill(mark_path(*e.mark, {x + kSample / 2, y}, 4), {e.mark_color});
}

}  // namespace

void Legend::add(LegendEntry entry) {
  if (!entry.label.empty()) entries_.push_back(std::move(entry));
}

double Legend::line_width(const Line& line) const {
  double width = -kEntryGap;
  for (const std::size_t i : line) width += kSample + kSampleGap + text_width(entries_[i].label, kFont) + kEntryGap;
  return width;
}

std::vector<Legend::Line> Legend::lines(double width) const {
  std::vector<Line> lines;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!lines.empty()) {
      lines.back().push_back(i);
      if (line_width(lines.back()) <= width - 2 * kSide) continue;
      lines.back().pop_back();
    }
    lines.push_back({i});
  }
  return lines;
}

double Legend::height(double width) const {
  return entries_.empty() ? 0 : kLine * static_cast<double>(lines(width).size()) + 2;
}

void Legend::draw(Svg& svg, double width, double panel_height) const {
  double y = panel_height - height(width) + kLine / 2;
  for (const Line& line : lines(width)) {
    double x = (width - line_width(line)) / 2;
    for (const std::size_t i : line) {
      draw_sample(svg, entries_[i], x, y);
      x += kSample + kSampleGap;
      svg.text({x, y}, entries_[i].label, {.size = kFont});
      x += text_width(entries_[i].label, kFont) + kEntryGap;
    }
    y += kLine;
  }
}

}  // namespace sg
