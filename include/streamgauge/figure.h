// Lines over a common axis as an SVG file, drawn as the figures of reports are.
#pragma once

#include <string>
#include <vector>

namespace streamgauge {

struct Line {
  std::string label;
  std::vector<double> x, y;  // equally many; where y is not finite the line has a gap
};

struct LineFigure {
  std::string title, x_title, y_title;
  std::vector<Line> lines;
  bool log_y = false;
};

/// The same figure gives the same bytes.
std::string line_figure_svg(const LineFigure& figure);

}  // namespace streamgauge
