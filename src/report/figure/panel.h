// The kinds of panels a figure is made of, and their drawing.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "experiment/value/chart.h"
#include "report/figure/svg.h"

namespace sg {

/// Columns by rows of cells: of labels, one colour each, or of numbers on one scale.
struct HeatMap {
  std::string title;
  std::vector<std::string> columns, rows;
  std::vector<std::string> column_groups, row_groups;     // one per column and row, or none
  std::vector<std::vector<std::optional<double>>> cells;  // by row, by column; what is not there is missing
  std::vector<std::vector<std::string>> hints = {};       // what the pointer is told besides; by row, by column
  std::vector<std::string> classes;                       // what a cell's number stands for, by place; empty: numbers
  std::optional<std::pair<std::size_t, std::size_t>> marked;  // row and column of the experiment's own
};

/// Every estimate in order, coloured by its conclusion, and under it which choices led there.
struct SpecificationCurve {
  struct Estimate {
    std::size_t rank = 0;
    double value = 0;
    std::string hint = {};  // what the pointer is told over it
  };
  struct Conclusion {
    std::string label;
    std::vector<Estimate> estimates;
  };
  struct Choice {
    std::string kind, name;          // an empty name is a gap between kinds
    std::vector<std::size_t> ranks;  // of the estimates that made it
  };
  std::string y_title;
  std::optional<double> reference;  // a line across
  std::vector<Conclusion> conclusions;
  std::vector<Choice> choices;
};

using Panel = std::variant<Chart, HeatMap, SpecificationCurve>;

/// One panel, from its upper left corner.
struct DrawnPanel {
  std::string body;  // elements of SVG
  double width = 0, height = 0;
};

/// Texts are cut to what there is room for. `prefix` is that of Svg.
DrawnPanel draw_panel(const Panel& panel, const std::string& prefix);

// For the kinds of panels, one file each.

DrawnPanel draw_bars(const Chart& chart, Svg svg);
DrawnPanel draw_points(const Chart& chart, Svg svg);  // scatter and lines
DrawnPanel draw_heat_map(const HeatMap& map, Svg svg);
DrawnPanel draw_curve(const SpecificationCurve& data, Svg svg);

}  // namespace sg
