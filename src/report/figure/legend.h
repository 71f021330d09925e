// The legend of a panel, under it: entries in centred lines as wide as the panel.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "report/figure/svg.h"

namespace sg {

struct LegendEntry {
  std::string label;
  std::optional<Fill> box;
  std::optional<Stroke> frame, line;
  std::optional<std::size_t> mark;  // shape
  std::string mark_color;
};

class Legend {
 public:
  /// An entry without a label is none.
  void add(LegendEntry entry);
  /// Pixels that it takes at the bottom of a panel of that width.
  double height(double width) const;
  /// At the bottom of a panel of that size.
  void draw(Svg& svg, double width, double panel_height) const;

 private:
  using Line = std::vector<std::size_t>;
  std::vector<Line> lines(double width) const;
  double line_width(const Line& line) const;
  std::vector<LegendEntry> entries_;
};

}  // namespace sg
