// Names of points beside them, where they cover neither a point nor each other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/figure/svg.h"

namespace sg {

struct NamedPoint {
  double x = 0, y = 0;  // pixels from the area's upper left corner
  std::string name;
  double name_width = 0;  // pixels
  double reach = 0;       // of its error bar above and below, pixels
};

/// Where a name goes: its reference point relative to its point, and which end of the name that is.
struct PlacedName {
  double dx = 0, dy = 0;
  Anchor anchor = Anchor::kStart;
};

struct Area {
  double width = 0, height = 0;
};

/// One place per point, in order; greedy over eight positions around each point at two distances. Where no position
/// is free, the one that covers least. Names stay inside the area where they can.
/// `rule` is the height of a line across, which names keep clear of too.
std::vector<PlacedName> place_names(const std::vector<NamedPoint>& points, double font_size, Area area,
                                    std::optional<double> rule = {});

}  // namespace sg
