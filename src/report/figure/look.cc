#include "report/figure/look.h"

#include <iterator>
#include <string_view>
#include <utility>

namespace sg {
namespace {

struct NamedColor {
  std::string_view name, rgb;
};
constexpr std::size_t kSeriesColors = 8;  // series take the first ones, in this order
constexpr NamedColor kPalette[] = {{"blue", "#0072B2"},   {"vermillion", "#D55E00"}, {"green", "#009E73"},
                                   {"purple", "#CC79A7"}, {"sky", "#56B4E9"},        {"orange", "#E69F00"},
                                   {"grey", "#8c959f"},   {"yellow", "#F0E442"},     {"red", "#D55E00"},
                                   {"gray", "#8c959f"},   {"black", "#1f2328"},      {"darkblue", "#0072B2"}};

}  // namespace

std::string palette_color(const std::string& name, std::size_t place) {
  for (const NamedColor& c : kPalette) {
    if (c.name == name) return std::string(c.rgb);
  }
  return std::string(kPalette[place % kSeriesColors].rgb);
}

std::string color_of(const Series& s, std::size_t place) {
  if (!s.color.empty()) return palette_color(s.color, place);
  switch (s.role) {
    case SeriesRole::kPlain: return palette_color("", place);
    // The notebooks' blue for what contracts, red for what expands.
    case SeriesRole::kHolds: return palette_color("blue", place);
    case SeriesRole::kFails: return palette_color("red", place);
    case SeriesRole::kNoValue:
    case SeriesRole::kAsStudied: return palette_color("grey", place);
  }
  return palette_color("", place);
}

Fill fill_at(std::string color, std::size_t place) {
  using Hatch = Fill::Hatch;
  constexpr Hatch kHatches[] = {Hatch::kNone, Hatch::kRising, Hatch::kFalling, Hatch::kLevel, Hatch::kDots};
  return {std::move(color), kHatches[place % std::size(kHatches)]};
}

std::string dash_at(std::size_t place) {
  constexpr const char* kDashes[] = {"", "9 3", "3 2.5", "9 3 2 3", "14 4", "6 2 2 2 2 2"};
  return kDashes[place % std::size(kDashes)];
}

Stroke fit_stroke() { return {palette_color("green", 0), kLineWidth, "3 3"}; }

Stroke upright_stroke(std::size_t place) {
  constexpr const char *kDashes[] = {"1.5 3", "4 2 1 2", "1 1.5"}, *kColors[] = {kInk, "#CC79A7", kGrey};
  return {kColors[place % std::size(kColors)], 1.4, kDashes[place % std::size(kDashes)]};
}

}  // namespace sg
