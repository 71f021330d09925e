#include "stats/holm.h"

#include <algorithm>
#include <numeric>

namespace sg {

Estimate<std::vector<double>> holm(std::span<const double> p) {
  using Adjusted = Estimate<std::vector<double>>;
  if (p.empty()) return Adjusted::absent("there is no test");
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (!(p[i] >= 0 && p[i] <= 1)) return Adjusted::absent("p of test " + std::to_string(i) + " is not within [0, 1]");
  }
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, static_cast<double>(p.size() - i) * p[order[i]]);
    adjusted[order[i]] = std::min(largest, 1.0);
  }
  return Adjusted::of(std::move(adjusted));
}

}  // namespace sg
