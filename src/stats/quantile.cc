#include "stats/quantile.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace sg {

double quantile_sorted(std::span<const double> ascending, double p) {
  SG_CHECK(!ascending.empty(), "quantile of nothing");
  SG_CHECK(p >= 0 && p <= 1, "a quantile is between 0 and 1");
  const double place = p * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  const double low = ascending[below], high = ascending[above];
  return std::lerp(low, high, place - static_cast<double>(below));
}

}  // namespace sg
