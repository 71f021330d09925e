// A panel as gnuplot commands. Positions are pixels of the page, as a picture of that size shows them; a larger
// bitmap scales them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "experiment/value/result.h"
#include "report/figure/panel_legend.h"

namespace sg {

/// Where a panel stands, from the page's lower left corner.
struct PanelBox {
  double x = 0, y = 0, width = 0, height = 0;
  double page_width = 0, page_height = 0;
};

struct PanelSize {
  double width = 0, height = 0;
};

/// The panel with titles and names cut to what its picture has room for. To be drawn, a panel is fitted first.
Panel fitted_panel(Panel panel);

/// What a panel needs to be readable at the width of a paper's column.
PanelSize panel_size(const Panel& panel);

/// Commands that draw the panel inside its box, after a `reset`. `id` keeps the names of data blocks of a page apart.
std::string panel_script(const Panel& panel, const PanelBox& box, const std::string& id);

// For the kinds of panels, one file each.

inline constexpr const char* kInk = "#1f2328";   // axes, text: the page replaces it by its own (inline_svg)
inline constexpr const char* kRule = "#d0d7de";  // grid
inline constexpr const char* kGrey = "#6e7781";  // reference lines, error bars
inline constexpr const char* kMissing = "#e3e6ea";
inline constexpr const char* kPaper = "#ffffff";
inline constexpr double kTicFont = 12, kTitleFont = 13.5, kAxisFont = 12.5, kNameFont = 11;
inline constexpr const char* kReferenceDash = "(8,5)";

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

 private:
  bool log_, any_ = false;
  Range range_;
};

/// What is drawn: finite, and above 0 on a logarithmic axis.
bool drawable(const std::optional<double>& x, bool logarithmic);
/// What is missing and what lies beyond the end alike.
std::optional<double> element(const std::vector<std::optional<double>>& list, std::size_t i);
bool has_right_axis(const Panel& panel);

/// Space around the axes, in pixels.
struct Margins {
  double left = 62, right = 14, top = 12, bottom = 0;
};
/// Of panels with axes: room for the titles that are there and the legend; `names` is the height of the tics' labels.
Margins margins_of(const Panel& panel, const PanelBox& box, const Legend& legend, double names);

std::string margins_script(const PanelBox& box, const Margins& margins);
/// The panel's title, the axes' titles and the legend, where the margins leave room for them.
std::string titles_script(const Panel& panel, const PanelBox& box, const Margins& margins, const Legend& legend);
/// How many numbers of the left axis lie outside of its range, and a note of it in the panel's corner: empty for none.
std::size_t beyond(const Panel& panel, const std::optional<Range>& range);
std::string beyond_script(const Panel& panel, const std::optional<Range>& range);
/// The scale and the tics of "y" or "y2".
std::string y_axis_script(const char* axis, const std::optional<Range>& range, bool logarithmic);
/// Tics of a logarithmic axis: powers of ten, with their multiples or evenly spaced numbers where those are too few.
std::vector<double> log_tics(const Range& range);
/// "set xtics (...)" at these numbers, with `more` before them: a label and where it stands.
std::string tics_script(const char* axis, const std::vector<double>& tics, const std::string& more = "");
std::string range_script(const char* axis, const std::optional<Range>& range);
/// Error bars as one path: {x, middle, half} each, with caps of that width.
std::string error_bars(const std::string& block, const std::vector<std::array<double, 3>>& bars, double cap);
/// "plot a, b, c", or an empty frame when there is nothing.
std::string plot_script(const std::vector<std::string>& plots);
/// The dashed line across, and its entry in the legend.
std::string reference_plot(const Panel& panel);
void add_reference(Legend& legend, const Panel& panel);

/// About how wide a text is in pixels at this size of Helvetica.
double text_width(const std::string& text, double font_size);
std::size_t line_count(const std::string& text);

std::string bars_script(const Panel& panel, const PanelBox& box, const std::string& id);
std::string points_script(const Panel& panel, const PanelBox& box, const std::string& id);  // scatter and lines
std::string heat_map_script(const Panel& panel, const PanelBox& box, const std::string& id);
std::string curve_script(const Panel& panel, const PanelBox& box, const std::string& id);

PanelSize heat_map_size(const Panel& panel);
PanelSize curve_size(const Panel& panel);

}  // namespace sg
