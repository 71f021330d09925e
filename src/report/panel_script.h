// A panel as gnuplot commands. Positions are pixels of the page, as a picture of that size shows them; a larger
// bitmap scales them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiment/result.h"

namespace sg {

/// Where a panel stands, from the page's lower left corner.
struct PanelBox {
  double x = 0, y = 0, width = 0, height = 0;
  double page_width = 0, page_height = 0;
};

struct PanelSize {
  double width = 0, height = 0;
};

/// What a panel needs to be readable at the width of a paper's column.
PanelSize panel_size(const Panel& panel);

/// Commands that draw the panel inside its box, after a `reset`. `id` keeps the names of data blocks of a page apart.
std::string panel_script(const Panel& panel, const PanelBox& box, const std::string& id);

// For the kinds of panels, one file each.

inline constexpr const char* kInk = "#1f2328";   // axes, text: the page replaces it by its own (inline_svg)
inline constexpr const char* kRule = "#d0d7de";  // grid
inline constexpr const char* kGrey = "#6e7781";  // reference lines
inline constexpr const char* kPaper = "#ffffff";

/// "#0072B2" of a palette that colour-blind readers can tell apart (Okabe and Ito, "Color universal design", 2008).
/// By name ("blue", "vermillion", ...), or by place when the name is unknown or empty.
std::string palette_color(const std::string& name, std::size_t place);

struct Range {
  double low = 0, high = 1;
};
/// The range of an axis that holds these numbers; logarithmic ones hold what is above 0. Nothing without numbers.
class RangeOf {
 public:
  explicit RangeOf(bool logarithmic) : log_(logarithmic) {}
  void add(std::optional<double> x);
  /// Shares of the range added below and above.
  std::optional<Range> padded(double below, double above) const;
  bool any() const { return any_; }

 private:
  bool log_, any_ = false;
  Range range_;
};

/// What is drawn: finite, and above 0 on a logarithmic axis.
bool drawable(const std::optional<double>& x, bool logarithmic);

/// Space around the axes, in pixels.
struct Margins {
  double left = 66, right = 18, top = 30, bottom = 52;
};

/// Where a number of an axis lies on the page, in pixels of the panel.
struct PlotArea {
  Range x, y;
  bool log_y = false;
  double left = 0, bottom = 0, width = 0, height = 0;  // of the axes, within the panel
  double px(double value) const;
  double py(double value) const;
};

/// Entries of the legend and how many lines they need below a panel of that width.
struct Legend {
  std::vector<std::string> entries;
  std::size_t lines(double width) const;
};

std::string margins_script(const PanelBox& box, const Margins& margins);
std::string titles_script(const Panel& panel);
std::string legend_script(const Legend& legend, const PanelBox& box);
std::string range_script(const char* axis, const std::optional<Range>& range);
/// `title 'x'` or `notitle`.
std::string title_or_none(const std::string& title);
/// About how wide a text is in pixels at this size of Helvetica.
double text_width(const std::string& text, double font_size);
std::size_t line_count(const std::string& text);

std::string bars_script(const Panel& panel, const PanelBox& box, const std::string& id);
std::string scatter_script(const Panel& panel, const PanelBox& box, const std::string& id);
std::string lines_script(const Panel& panel, const PanelBox& box, const std::string& id);
std::string heat_map_script(const Panel& panel, const PanelBox& box, const std::string& id);
std::string curve_script(const Panel& panel, const PanelBox& box, const std::string& id);

PanelSize heat_map_size(const Panel& panel);
PanelSize curve_size(const Panel& panel);

}  // namespace sg
