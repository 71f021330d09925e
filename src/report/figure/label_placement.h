// Names of points beside them, where they cover neither a point nor each other.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace sg {

struct NamedPoint {
  double x = 0, y = 0;  // pixels, y upwards
  std::string name;
  double name_width = 0;  // pixels
  double reach = 0;       // of its error bar above and below, pixels
};

/// Where a name goes: its reference point relative to its point, and how it is justified there.
struct PlacedName {
  double dx = 0, dy = 0;
  enum class Side : unsigned char { kLeft, kCenter, kRight } justify = Side::kLeft;
};

struct Pixels {
  double width = 0, height = 0;
};

/// One place per point, in order; greedy over eight positions around each point at two distances. Where no position
/// is free, the one that covers least. Names stay inside the area where they can.
/// `rule` is the height of a line across, which names keep clear of too.
std::vector<PlacedName> place_names(const std::vector<NamedPoint>& points, double font_size, Pixels area,
                                    std::optional<double> rule = {});

}  // namespace sg
