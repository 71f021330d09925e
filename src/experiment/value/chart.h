// What a figure of an experiment shows: series of numbers with their names and what they are. How it looks is decided
// where it is drawn (report/figure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sg {

enum class ChartKind : std::uint8_t { kBars, kScatter, kLines };

/// What a series is among the others.
enum class SeriesRole : std::uint8_t { kPlain, kHolds, kFails, kNoValue, kAsStudied };

/// A missing number is a gap, and its reason is in the tables.
struct Series {
  std::string label;
  std::string color;  // as the experiment file names it; empty: by role, or by place
  SeriesRole role = SeriesRole::kPlain;
  std::vector<std::optional<double>> x, y;
  std::vector<std::optional<double>> error;  // half-width of the bar about y; empty: none
  std::vector<std::string> names;            // of the points; empty: none
  std::vector<std::string> hints = {};       // what the pointer is told over a point; empty: its name
  bool right_axis = false;                   // of a chart with two scales
  bool line = true, points = false;          // of kLines
};

/// A fitted line: y = slope x + intercept.
struct FittedLine {
  double slope = 0, intercept = 0;
  std::string label;
};

struct UprightLine {
  double x = 0;
  std::string label;
};

struct Chart {
  ChartKind kind = ChartKind::kBars;
  std::string title, x_title, y_title, right_title;
  std::vector<std::string> categories;  // of kBars: one group of bars each
  std::vector<Series> series;
  std::optional<double> reference;  // a line across
  std::string reference_label;
  bool log_x = false, log_y = false;  // log_x: of points and lines; 0 stands below the smallest number above it
  bool mark_last = false;             // of kLines: the last point of each series stands out
  std::optional<std::pair<double, double>> y_range;
  std::string value_format;           // of the labels on bars: "{:.2f}x"; empty: none
  std::optional<FittedLine> fit;      // of kScatter
  std::vector<UprightLine> uprights;  // of points and lines
};

struct Figure {
  std::string name;  // file name without extension
  std::string title;
  std::size_t columns = 2;  // charts side by side
  std::vector<Chart> charts;
};

}  // namespace sg
