#include "stats/correlation.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <numeric>

#include "stats/sample.h"

namespace sg {

Estimate<Correlation> pearson(std::span<const double> x, std::span<const double> y) {
  if (std::string why = why_unusable_pairs(x, y, 3); !why.empty()) return Estimate<Correlation>::absent(std::move(why));
  const Centred cx = centre(x), cy = centre(y);
  Correlation c{.n = x.size()};
  c.r = std::clamp(products(cx, cy) / std::sqrt(cx.squares() * cy.squares()), -1.0, 1.0);
  c.unexplained = std::min(residual_squares(cx, cy, products(cx, cy) / cx.squares()) / cy.squares(), 1.0);
  // P(|t| >= |r| sqrt((n - 2) / (1 - r^2))) = I(1 - r^2; (n - 2) / 2, 1 / 2) = 1 - I(r^2; 1 / 2, (n - 2) / 2): of 1 -
  // r^2 and r^2 the smaller one, which has lost no digits.
  const double freedom = 0.5 * static_cast<double>(c.n - 2), explained = c.r * c.r;
  c.p =
      explained < 0.5 ? boost::math::ibetac(0.5, freedom, explained) : boost::math::ibeta(freedom, 0.5, c.unexplained);
  return Estimate<Correlation>::of(c);
}

Estimate<Correlation> spearman(std::span<const double> x, std::span<const double> y) {
  if (std::string why = why_unusable_pairs(x, y, 3); !why.empty()) return Estimate<Correlation>::absent(std::move(why));
  return pearson(average_ranks(x), average_ranks(y));
}

std::vector<double> average_ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
    const double shared = 0.5 * static_cast<double>(first + last) + 1;
    for (std::size_t i = first; i <= last; ++i) ranks[order[i]] = shared;
    first = last + 1;
  }
  return ranks;
}

}  // namespace sg
