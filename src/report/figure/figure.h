// Figures: panels drawn by gnuplot, run as a program of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "experiment/value/result.h"

namespace sg {

struct DrawnFigure {
  std::string name, title;
  std::string svg, png;             // whole files
  std::vector<std::string> panels;  // each panel as SVG for a page: no background, ink by CSS classes
  std::vector<int> widths;          // of the panels, in pixels
};

/// Draws one figure. `gnuplot` is the program's name or path. Errors: the program is missing, or refuses the script;
/// neither concerns any other file of a report.
Result<DrawnFigure> draw_figure(const Figure& figure, const std::string& gnuplot);

/// The name of the figure's files without extension: what is not a letter, a digit, '-', '_' or '.' becomes '_'.
std::string figure_stem(std::string_view name);

/// A gnuplot SVG made fit for a page: `prefix` keeps ids of several pictures apart, our ink, rules and empty cells get
/// classes ("gs", "gf", "gr", "gm") that a style sheet colours.
std::string inline_svg(std::string_view file, std::string_view prefix);

}  // namespace sg
