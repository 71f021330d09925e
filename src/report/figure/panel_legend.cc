#include "report/figure/panel_legend.h"

#include <fmt/format.h>

#include "report/figure/gnuplot.h"
#include "report/figure/panel_script.h"

namespace sg {
namespace {

constexpr double kLine = 18, kSample = 20, kSampleGap = 6, kEntryGap = 18, kSide = 10;  // pixels
constexpr double kFont = 12;

/// A position on the page as gnuplot's screen coordinates.
struct Screen {
  const PanelBox& box;
  std::string at(double x, double y) const {
    return fmt::format("screen {:.6f},{:.6f}", (box.x + x) / box.page_width, (box.y + y) / box.page_height);
  }
};

std::string sample_script(const LegendEntry& e, const Screen& screen, double x, double y) {
  using Sample = LegendEntry::Sample;
  const auto line = [&] {
    const std::string dash = e.dash.empty() ? "" : " dt " + e.dash;
    return fmt::format("set arrow from {} to {} nohead lw 1.8{} lc rgb '{}'\n", screen.at(x, y),
                       screen.at(x + kSample, y), dash, e.color);
  };
  const auto point = [&] {
    return fmt::format("set label '' at {} point pt {} ps 0.8 lc rgb '{}'\n", screen.at(x + kSample / 2, y), e.mark,
                       e.color);
  };
  switch (e.sample) {
    case Sample::kBox:
      return fmt::format("set object rectangle from {} to {} fs solid 1 noborder fc rgb '{}'\n",
                         screen.at(x + 4, y - 5), screen.at(x + kSample, y + 5), e.color);
    case Sample::kFrame:
      return fmt::format("set object rectangle from {} to {} fs empty border lc rgb '{}' lw 2\n",
                         screen.at(x + 4, y - 5), screen.at(x + kSample, y + 5), e.color);
    case Sample::kLine: return line();
    case Sample::kPoint: return point();
    case Sample::kLineAndPoint: return line() + point();
  }
  return "";
}

}  // namespace

void Legend::add(LegendEntry entry) {
  if (entry.label.empty()) return;
  entries_.push_back(std::move(entry));
}

double Legend::line_width(const std::vector<std::size_t>& line) const {
  double width = -kEntryGap;
  for (const std::size_t i : line) width += kSample + kSampleGap + text_width(entries_[i].label, kFont) + kEntryGap;
  return width;
}

std::vector<std::vector<std::size_t>> Legend::lines(double width) const {
  std::vector<std::vector<std::size_t>> lines;
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

std::string Legend::script(const PanelBox& box) const {
  std::string out;
  const Screen screen = {box};
  double y = height(box.width) - kLine / 2;
  for (const auto& line : lines(box.width)) {
    double x = (box.width - line_width(line)) / 2;
    for (const std::size_t i : line) {
      out += sample_script(entries_[i], screen, x, y);
      x += kSample + kSampleGap;
      out += fmt::format("set label {} at {} left font ',{}' tc rgb '{}'\n", gnuplot_quoted(entries_[i].label),
                         screen.at(x, y), kFont, kInk);
      x += text_width(entries_[i].label, kFont) + kEntryGap;
    }
    y -= kLine;
  }
  return out;
}

}  // namespace sg
