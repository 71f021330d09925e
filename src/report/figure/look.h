// Colours, hatches, marks and dashes: by place in a panel, so that series differ in greyscale too.
#pragma once

#include <cstddef>
#include <string>

#include "experiment/value/chart.h"
#include "report/figure/svg.h"

namespace sg {

inline constexpr double kTicFont = 12, kTitleFont = 13.5, kAxisFont = 12.5, kNameFont = 11;

/// "#0072B2" of a palette that colour-blind readers can tell apart (Okabe and Ito, "Color universal design", 2008).
/// By name ("blue", "vermillion", ...), or by place when the name is unknown or empty.
std::string palette_color(const std::string& name, std::size_t place);
/// By the name that the file gives, else by role, else by place.
std::string color_of(const Series& series, std::size_t place);

/// Of bars and cells: the first is plain.
Fill fill_at(std::string color, std::size_t place);
/// Of lines without marks: the first is solid.
std::string dash_at(std::size_t place);

inline constexpr const char* kReferenceDash = "8 5";
inline constexpr double kLineWidth = 1.8;
/// Of a fitted line, and of lines across a panel by their place.
Stroke fit_stroke();
Stroke upright_stroke(std::size_t place);

}  // namespace sg
