#include "report/figure/panel_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "report/figure/gnuplot.h"
#include "report/text/text_table.h"
#include "report/text/wrap.h"

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

constexpr double kTitleLine = 17, kAxisTitle = 20;  // pixels

/// 1, 2 or 5 times a power of ten, at least `size`.
double round_step(double size) {
  const double power = std::pow(10.0, std::floor(std::log10(size)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (size <= factor * power) return factor * power;
  }
  return 10 * power;
}

double fraction(double pixels, double whole) { return pixels / whole; }

std::string title_label(const std::string& text, double x, double y, const PanelBox& box, const std::string& how) {
  if (text.empty()) return "";
  return fmt::format("set label {} at screen {:.6f},{:.6f} center {} tc rgb '{}'\n", gnuplot_quoted(text),
                     fraction(box.x + x, box.page_width), fraction(box.y + y, box.page_height), how, kInk);
}

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
    return Range{range_.low >= 0 ? std::max(range_.low - size, 0.0) : range_.low - size, range_.high + size};
  }
  const double low = range_.low - below * size;
  // What cannot be negative does not seem to be.
  return Range{range_.low >= 0 ? std::max(low, 0.0) : low, range_.high + above * size};
}

double text_width(const std::string& text, double font_size) {
  return 0.54 * font_size * static_cast<double>(display_width(text));
}

std::size_t line_count(const std::string& text) {
  return text.empty() ? 0 : 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::optional<double> element(const std::vector<std::optional<double>>& list, std::size_t i) {
  return i < list.size() ? list[i] : std::nullopt;
}

bool has_right_axis(const Panel& p) {
  return std::any_of(p.series.begin(), p.series.end(), [](const Series& s) { return s.right_axis; });
}

Margins margins_of(const Panel& p, const PanelBox& box, const Legend& legend, double names) {
  Margins m;
  if (has_right_axis(p)) m.right = p.right_title.empty() ? 46 : 62;
  if (p.y_title.empty()) m.left = 46;
  m.top += kTitleLine * static_cast<double>(line_count(p.title));
  m.bottom = 12 + names + (p.x_title.empty() ? 0 : kAxisTitle) + legend.height(box.width);
  return m;
}

std::string margins_script(const PanelBox& box, const Margins& m) {
  const double left = fraction(box.x + m.left, box.page_width);
  const double right = fraction(box.x + box.width - m.right, box.page_width);
  const double bottom = fraction(box.y + m.bottom, box.page_height);
  const double top = fraction(box.y + box.height - m.top, box.page_height);
  return fmt::format(
      "set key off\nset lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\nset bmargin at screen {:.6f}\n"
      "set tmargin at screen {:.6f}\n",
      left, right, bottom, top);
}

std::string titles_script(const Panel& p, const PanelBox& box, const Margins& m, const Legend& legend) {
  const double middle = (m.left + box.width - m.right) / 2, height = (m.bottom + box.height - m.top) / 2;
  const std::string axis = fmt::format("font ',{}'", kAxisFont), upright = "rotate by 90 " + axis;
  return title_label(p.title, middle, box.height - kTitleLine / 2 - 1, box, fmt::format("font ',{}'", kTitleFont)) +
         title_label(p.x_title, middle, legend.height(box.width) + kAxisTitle / 2, box, axis) +
         title_label(p.y_title, 10, height, box, upright) +
         title_label(p.right_title, box.width - 9, height, box, upright) + legend.script(box);
}

std::string range_script(const char* axis, const std::optional<Range>& range) {
  if (!range) return fmt::format("set {}range [0:1]\n", axis);
  return fmt::format("set {}range [{:.9g}:{:.9g}]\n", axis, range->low, range->high);
}

std::size_t beyond(const Panel& p, const std::optional<Range>& range) {
  std::size_t n = 0;
  for (const Series& s : p.series) {
    for (std::size_t i = 0; i < s.y.size() && !s.right_axis && range; ++i) {
      const bool placed = s.x.empty() || drawable(element(s.x, i), false);
      n += placed && drawable(s.y[i], p.log_y) && (*s.y[i] < range->low || *s.y[i] > range->high) ? 1 : 0;
    }
  }
  return n;
}

std::string beyond_script(const Panel& p, const std::optional<Range>& range) {
  const std::size_t n = beyond(p, range);
  if (n == 0) return "";
  return fmt::format("set label '{} beyond the axis' at graph 0.99,0.96 right font ',{}' tc rgb '{}' front\n", n,
                     kNameFont, kGrey);
}

std::string y_axis_script(const char* axis, const std::optional<Range>& range, bool logarithmic) {
  std::string out = range_script(axis, range);
  if (!logarithmic || !range) return out + fmt::format("set format {} '%g'\n", axis);
  return out + fmt::format("set logscale {}\n", axis) + tics_script(axis, log_tics(*range));
}

std::vector<double> log_tics(const Range& range) {
  constexpr std::size_t kFewest = 3;
  const std::array<std::vector<double>, 3> multiples = {{{1}, {1, 2, 5}, {1, 2, 3, 4, 5, 6, 7, 8, 9}}};
  std::vector<double> tics;
  for (const std::vector<double>& of_decade : multiples) {
    tics.clear();
    for (int e = static_cast<int>(std::floor(std::log10(range.low))); std::pow(10.0, e) <= range.high; ++e) {
      for (const double m : of_decade) {
        // A power below 1 divides: 5e-1 is 0.5, which 5 * 0.1 need not be.
        const double tic = e < 0 ? m / std::pow(10.0, -e) : m * std::pow(10.0, e);
        if (tic >= range.low && tic <= range.high) tics.push_back(tic);
      }
    }
    if (tics.size() >= kFewest) return tics;
  }
  // Less than a decade: even steps of 1, 2 or 5 times a power of ten.
  const double step = round_step((range.high - range.low) / 6);
  tics.clear();
  for (double n = std::ceil(range.low / step); n * step <= range.high; ++n) tics.push_back(n * step);
  return tics;
}

std::string tics_script(const char* axis, const std::vector<double>& tics, const std::string& more) {
  std::string list = more;
  // Thousands as "10k": a long number would run into the title.
  const bool thousands = !tics.empty() && tics.back() >= 1e4;
  for (const double tic : tics) {
    const std::string label = tic >= 1e6                ? fmt::format("{:.3g}M", tic / 1e6)
                              : thousands && tic >= 1e3 ? fmt::format("{:.3g}k", tic / 1e3)
                                                        : fmt::format("{:.4g}", tic);
    list += fmt::format("{}'{}' {:.9g}", list.empty() ? "" : ", ", label, tic);
  }
  return fmt::format("set {}tics ({})\n", axis, list);
}

std::string error_bars(const std::string& block, const std::vector<std::array<double, 3>>& bars, double cap) {
  std::string out = fmt::format("${} << EOD\n", block);
  for (const auto& [x, middle, half] : bars) {
    const double low = middle - half, high = middle + half;
    out += fmt::format("{0:.9g} {1:.9g}\n{0:.9g} {2:.9g}\n\n", x, low, high);
    for (const double end : {low, high})
      out += fmt::format("{:.9g} {:.9g}\n{:.9g} {:.9g}\n\n", x - cap, end, x + cap, end);
  }
  return out + "EOD\n";
}

std::string plot_script(const std::vector<std::string>& plots) {
  if (plots.empty()) {
    return fmt::format("set label 'no values' at graph 0.5,0.5 center font ',{}' tc rgb '{}'\nplot NaN notitle\n",
                       kNameFont, kGrey);
  }
  std::string out;
  for (const std::string& plot : plots) out += (out.empty() ? "plot " : ", \\\n  ") + plot + " notitle";
  return out + "\n";
}

std::string reference_plot(const Panel& p) {
  return fmt::format("{:.9g} with lines dt {} lw 1.4 lc rgb '{}'", *p.reference, kReferenceDash, kGrey);
}

void add_reference(Legend& legend, const Panel& p) {
  if (!p.reference) return;
  legend.add(
      {.sample = LegendEntry::Sample::kLine, .label = p.reference_label, .color = kGrey, .dash = kReferenceDash});
}

Panel fitted_panel(Panel p) {
  constexpr std::size_t kTitle = 56, kAxis = 40, kName = 32, kLabel = 60;  // characters
  const auto cut = [](std::string& text, std::size_t longest) { text = shortened(on_one_line(text), longest); };
  std::string title;
  for (std::size_t at = 0; at < p.title.size();) {
    const std::size_t end = std::min(p.title.find('\n', at), p.title.size());
    title += (at > 0 ? "\n" : "") + shortened(p.title.substr(at, end - at), kTitle);
    at = end + 1;
  }
  p.title = title;
  for (std::string* axis : {&p.x_title, &p.y_title, &p.right_title}) cut(*axis, kAxis);
  for (auto* names : {&p.categories, &p.rows, &p.column_groups, &p.row_groups}) {
    for (std::string& name : *names) cut(name, kName);
  }
  for (std::string& label : p.classes) cut(label, kLabel);
  cut(p.reference_label, kLabel);
  if (p.fit) cut(p.fit->label, kLabel);
  for (Series& s : p.series) {
    cut(s.label, kLabel);
    for (std::string& name : s.names) cut(name, kName);
  }
  return p;
}

PanelSize panel_size(const Panel& panel) {
  switch (panel.kind) {
    case PanelKind::kBars:
    case PanelKind::kScatter:
    case PanelKind::kLines: return {420, 320};
    case PanelKind::kHeatMap: return heat_map_size(panel);
    case PanelKind::kSpecificationCurve: return curve_size(panel);
  }
  return {};
}

std::string panel_script(const Panel& panel, const PanelBox& box, const std::string& id) {
  std::string out = fmt::format(
      "set border 3 lc rgb '{0}' lw 1\nset tics nomirror scale 0.5 tc rgb '{0}' font ',{2}'\n"
      "set grid y lt 1 lw 0.7 lc rgb '{1}'\nset style fill solid 1 noborder\n",
      kInk, kRule, kTicFont);
  switch (panel.kind) {
    case PanelKind::kBars: return out + bars_script(panel, box, id);
    case PanelKind::kScatter:
    case PanelKind::kLines: return out + points_script(panel, box, id);
    case PanelKind::kHeatMap: return out + heat_map_script(panel, box, id);
    case PanelKind::kSpecificationCurve: return out + curve_script(panel, box, id);
  }
  return out;
}

}  // namespace sg
