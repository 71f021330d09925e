// The legend of a panel, drawn under it: gnuplot's own key neither wraps by the width of its entries nor stays clear
// of the axis titles.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sg {

struct PanelBox;

struct LegendEntry {
  enum class Sample : unsigned char { kBox, kFrame, kLine, kPoint, kLineAndPoint } sample = Sample::kBox;
  std::string label;
  std::string color;  // "#0072B2"
  int mark = 7;       // gnuplot's number of a point
  std::string dash;   // gnuplot's, "(8,5)"; empty: solid
};

class Legend {
 public:
  /// An entry without a label is none.
  void add(LegendEntry entry);
  bool empty() const { return entries_.empty(); }
  /// Pixels that it takes at the bottom of a panel of that width.
  double height(double width) const;
  /// Labels and samples at the bottom of the box, every line centred.
  std::string script(const PanelBox& box) const;

 private:
  std::vector<std::vector<std::size_t>> lines(double width) const;
  double line_width(const std::vector<std::size_t>& line) const;
  std::vector<LegendEntry> entries_;
};

}  // namespace sg
