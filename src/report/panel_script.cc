#include "report/panel_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "report/gnuplot.h"
#include "report/text_table.h"

namespace sg {
namespace {

struct NamedColor {
  std::string_view name, rgb;
};
// In the order in which series take them: neighbours differ in lightness too.
constexpr std::array<NamedColor, 8> kPalette = {{{"blue", "#0072B2"},
                                                 {"vermillion", "#D55E00"},
                                                 {"green", "#009E73"},
                                                 {"purple", "#CC79A7"},
                                                 {"sky", "#56B4E9"},
                                                 {"orange", "#E69F00"},
                                                 {"grey", "#8c959f"},
                                                 {"yellow", "#F0E442"}}};
constexpr std::array<NamedColor, 4> kOtherNames = {
    {{"red", "#D55E00"}, {"gray", "#8c959f"}, {"black", "#1f2328"}, {"darkblue", "#0072B2"}}};

constexpr double kLegendLine = 18, kLegendSample = 34, kLegendGap = 16;  // pixels
constexpr double kLegendFont = 11;

double fraction(double pixels, double whole) { return pixels / whole; }

}  // namespace

std::string palette_color(const std::string& name, std::size_t place) {
  for (const NamedColor& c : kPalette) {
    if (c.name == name) return std::string(c.rgb);
  }
  for (const NamedColor& c : kOtherNames) {
    if (c.name == name) return std::string(c.rgb);
  }
  return std::string(kPalette[place % kPalette.size()].rgb);
}

bool drawable(const std::optional<double>& x, bool logarithmic) {
  return x && std::isfinite(*x) && (!logarithmic || *x > 0);
}

void RangeOf::add(std::optional<double> x) {
  if (!drawable(x, log_)) return;
  range_ = any_ ? Range{std::min(range_.low, *x), std::max(range_.high, *x)} : Range{*x, *x};
  any_ = true;
}

std::optional<Range> RangeOf::padded(double below, double above) const {
  if (!any_) return std::nullopt;
  if (log_) {
    const double decades = std::max(std::log10(range_.high / range_.low), 0.3);
    return Range{range_.low * std::pow(10, -below * decades), range_.high * std::pow(10, above * decades)};
  }
  double size = range_.high - range_.low;
  if (!(size > 1e-9 * std::max(std::abs(range_.low), std::abs(range_.high)))) {
    size = std::max(0.2 * std::abs(range_.low), 1e-6);
    return Range{range_.low - size, range_.high + size};
  }
  return Range{range_.low - below * size, range_.high + above * size};
}

double PlotArea::px(double value) const { return left + width * (value - x.low) / (x.high - x.low); }

double PlotArea::py(double value) const {
  const double share = log_y ? std::log(value / y.low) / std::log(y.high / y.low) : (value - y.low) / (y.high - y.low);
  return bottom + height * share;
}

double text_width(const std::string& text, double font_size) {
  return 0.54 * font_size * static_cast<double>(display_width(text));
}

std::size_t line_count(const std::string& text) {
  return text.empty() ? 0 : 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::size_t Legend::lines(double width) const {
  if (entries.empty()) return 0;
  // gnuplot gives every entry the width of the widest.
  double widest = 0;
  for (const std::string& entry : entries) widest = std::max(widest, text_width(entry, kLegendFont));
  const auto per_line =
      static_cast<std::size_t>(std::max(1.0, std::floor(width / (widest + kLegendSample + kLegendGap))));
  return (entries.size() + per_line - 1) / per_line;
}

std::string margins_script(const PanelBox& box, const Margins& m) {
  const double left = fraction(box.x + m.left, box.page_width);
  const double right = fraction(box.x + box.width - m.right, box.page_width);
  const double bottom = fraction(box.y + m.bottom, box.page_height);
  const double top = fraction(box.y + box.height - m.top, box.page_height);
  return fmt::format(
      "set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\nset bmargin at screen {:.6f}\n"
      "set tmargin at screen {:.6f}\n",
      left, right, bottom, top);
}

std::string title_or_none(const std::string& title) {
  return title.empty() ? "notitle" : "title " + gnuplot_quoted(title);
}

std::string titles_script(const Panel& panel) {
  std::string out;
  const auto add = [&](const char* what, const std::string& text, const char* extra) {
    if (!text.empty()) out += fmt::format("set {} {} tc rgb '{}' {}\n", what, gnuplot_quoted(text), kInk, extra);
  };
  add("title", panel.title, "font ',13' offset 0,-0.4");
  add("xlabel", panel.x_title, "font ',12'");
  add("ylabel", panel.y_title, "font ',12' offset 0.6,0");
  add("y2label", panel.right_title, "font ',12' offset -0.6,0");
  return out;
}

std::string legend_script(const Legend& legend, const PanelBox& box) {
  if (legend.entries.empty()) return "set key off\n";
  const double middle = fraction(box.x + box.width / 2, box.page_width);
  const double y = fraction(box.y + 2 + kLegendLine * static_cast<double>(legend.lines(box.width)), box.page_height);
  return fmt::format(
      "set key at screen {:.6f},{:.6f} center top horizontal maxrows {} font ',11' tc rgb '{}' samplen 1.6 spacing 1.1 "
      "width 1\n",
      middle, y, legend.lines(box.width), kInk);
}

std::string range_script(const char* axis, const std::optional<Range>& range) {
  if (!range) return fmt::format("set {}range [0:1]\n", axis);
  return fmt::format("set {}range [{:.9g}:{:.9g}]\n", axis, range->low, range->high);
}

PanelSize panel_size(const Panel& panel) {
  switch (panel.kind) {
    case PanelKind::kBars:
    case PanelKind::kScatter:
    case PanelKind::kLines: return {480, 350};
    case PanelKind::kHeatMap: return heat_map_size(panel);
    case PanelKind::kSpecificationCurve: return curve_size(panel);
  }
  return {};
}

std::string panel_script(const Panel& panel, const PanelBox& box, const std::string& id) {
  std::string out = fmt::format(
      "set border 3 lc rgb '{0}' lw 1\nset tics nomirror scale 0.5 tc rgb '{0}' font ',11'\n"
      "set grid y lt 1 lw 0.7 lc rgb '{1}'\nset style fill solid 0.9 noborder\nset errorbars 1.2\n",
      kInk, kRule);
  out += titles_script(panel);
  switch (panel.kind) {
    case PanelKind::kBars: return out + bars_script(panel, box, id);
    case PanelKind::kScatter: return out + scatter_script(panel, box, id);
    case PanelKind::kLines: return out + lines_script(panel, box, id);
    case PanelKind::kHeatMap: return out + heat_map_script(panel, box, id);
    case PanelKind::kSpecificationCurve: return out + curve_script(panel, box, id);
  }
  return out;
}

}  // namespace sg
