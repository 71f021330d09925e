// What charts of bars, points and lines share: the frame, its titles, the axis of numbers, error bars.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "experiment/value/chart.h"
#include "report/figure/legend.h"
#include "report/figure/scale.h"
#include "report/figure/svg.h"

namespace sg {

inline constexpr double kChartWidth = 420, kChartHeight = 320;

/// The area between the axes, in pixels.
struct Frame {
  double left = 0, top = 0, right = 0, bottom = 0;
  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

/// Room for the titles that are there and the legend; `names` is the height of the labels under the axis.
Frame frame_of(const Chart& chart, const Legend& legend, double names);

/// Lines of a panel's title, from the top.
void draw_title(Svg& svg, const std::string& title, double middle);
double title_height(const std::string& title);

enum class Edge : unsigned char { kLeft, kRight };
/// The line, tics and labels; the left one with its grid.
void draw_y_axis(Svg& svg, const Frame& frame, const std::optional<Scale>& scale, Edge edge);
std::optional<Scale> y_scale(const std::optional<Range>& range, bool logarithmic, const Frame& frame);

/// The dashed line across, where it lies inside, and its entry in the legend.
void draw_reference(Svg& svg, const Frame& frame, const std::optional<Scale>& scale,
                    const std::optional<double>& reference);
void add_reference(Legend& legend, const std::optional<double>& reference, const std::string& label);

/// How many of a chart's numbers lie outside of the left axis, said in the corner.
void draw_beyond(Svg& svg, const Frame& frame, std::size_t count);
bool beyond(const std::optional<Scale>& scale, const std::optional<double>& y);
void draw_no_values(Svg& svg, const Frame& frame);

/// Both axes of numbers with the titles, before what they are for is drawn.
void draw_axes(Svg& svg, const Chart& chart, const Frame& frame, const Legend& legend, const std::optional<Scale>& left,
               const std::optional<Scale>& right);
/// The ends of an error bar about y, when there is one.
void add_error(RangeOf& range, double y, const std::optional<double>& error);

/// The y range of a chart that gives one.
std::optional<Range> given_range(const Chart& chart);
/// What is missing and what lies beyond the end alike.
std::optional<double> element(const std::vector<std::optional<double>>& list, std::size_t i);
bool has_right_axis(const Chart& chart);
/// The path of an error bar about y with caps of that half-width; cut at the ends of a logarithmic axis.
std::string error_path(const Scale& scale, double x, double y, double error, double cap);

}  // namespace sg
