// Figures: panels in a grid, as an SVG file of its own and as single drawings for a page.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/figure/panel.h"

namespace sg {

/// What is drawn together.
struct Picture {
  std::string stem;  // of its files: "H25-map"
  std::string title;
  std::string caption;                 // what the reader sees; empty: the title says it
  std::optional<std::size_t> verdict;  // whose multiverse it shows; none: a figure of the experiment
  std::size_t columns = 2;             // panels side by side
  std::vector<Panel> panels;
};

/// A chart of lines, and a picture of one panel.
Chart line_chart(std::string title, std::string x_title, std::string y_title);
Picture one_panel(std::string stem, std::string title, std::string caption, Chart chart);
/// A line of one value a layer.
Series layer_series(std::string label, std::size_t layers,
                    const std::function<std::optional<double>(std::size_t layer)>& value);

struct DrawnFigure {
  std::string stem;
  std::string svg;                  // a whole file, on white paper
  std::vector<std::string> panels;  // each as an <svg> for a page: no background, ink by CSS classes
  std::vector<int> widths;          // of the panels, in pixels
};

/// The same picture gives the same bytes.
DrawnFigure draw_figure(const Picture& picture);

/// A name as the stem of a file: what is not a letter, a digit, '-', '_' or '.' becomes '_'.
std::string figure_stem(std::string_view name);
/// A stem each; of names that give the same one, regardless of case, the later are numbered.
void make_distinct(std::vector<Picture>& pictures);

}  // namespace sg
