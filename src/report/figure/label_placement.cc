#include "report/figure/label_placement.h"

#include <algorithm>
#include <limits>

namespace sg {
namespace {

constexpr double kPointRadius = 5, kBarHalf = 3, kRuleHalf = 1.5;

struct Box {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

double common_area(const Box& a, const Box& b) {
  const double w = std::min(a.x1, b.x1) - std::max(a.x0, b.x0);
  const double h = std::min(a.y1, b.y1) - std::max(a.y0, b.y0);
  return w > 0 && h > 0 ? w * h : 0;
}

/// The part of a box outside the area, which weighs as if it covered something.
double outside(const Box& b, Area area) {
  const Box inside = {std::clamp(b.x0, 0.0, area.width), std::clamp(b.y0, 0.0, area.height),
                      std::clamp(b.x1, 0.0, area.width), std::clamp(b.y1, 0.0, area.height)};
  return (b.x1 - b.x0) * (b.y1 - b.y0) - (inside.x1 - inside.x0) * (inside.y1 - inside.y0);
}

constexpr PlacedName kPositions[] = {{8, -7, Anchor::kStart}, {-8, -7, Anchor::kEnd},    {8, 7, Anchor::kStart},
                                     {-8, 7, Anchor::kEnd},   {0, -13, Anchor::kMiddle}, {0, 13, Anchor::kMiddle},
                                     {10, 0, Anchor::kStart}, {-10, 0, Anchor::kEnd}};

Box box_of(const NamedPoint& p, const PlacedName& at, double font_size) {
  const double x = p.x + at.dx, y = p.y + at.dy;
  const double left = at.anchor == Anchor::kStart ? x
                      : at.anchor == Anchor::kEnd ? x - p.name_width
                                                  : x - p.name_width / 2;
  return {left, y - 0.55 * font_size, left + p.name_width, y + 0.55 * font_size};
}

Box box_of_point(const NamedPoint& p) {
  return {p.x - kPointRadius, p.y - kPointRadius, p.x + kPointRadius, p.y + kPointRadius};
}

Box box_of_error(const NamedPoint& p) { return {p.x - kBarHalf, p.y - p.reach, p.x + kBarHalf, p.y + p.reach}; }

}  // namespace

std::vector<PlacedName> place_names(const std::vector<NamedPoint>& points, double font_size, Area area,
                                    std::optional<double> rule) {
  std::vector<Box> taken;
  if (rule) taken.push_back({0, *rule - kRuleHalf, area.width, *rule + kRuleHalf});
  for (const NamedPoint& p : points) {
    taken.push_back(box_of_point(p));
    taken.push_back(box_of_error(p));
  }
  std::vector<PlacedName> places;
  for (const NamedPoint& p : points) {
    PlacedName best;
    double least = std::numeric_limits<double>::infinity();
    for (const double distance : {1.0, 2.0}) {
      for (PlacedName at : kPositions) {
        at.dx *= distance;
        at.dy *= distance;
        const Box box = box_of(p, at, font_size);
        double covered = 3 * outside(box, area);
        for (const Box& other : taken) covered += common_area(box, other);
        if (covered < least) {
          least = covered;
          best = at;
        }
      }
    }
    taken.push_back(box_of(p, best, font_size));
    places.push_back(best);
  }
  return places;
}

}  // namespace sg
