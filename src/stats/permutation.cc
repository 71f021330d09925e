#include "stats/permutation.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "base/check.h"
#include "base/counter_rng.h"
#include "stats/correlation.h"
#include "stats/sample.h"

namespace sg {
namespace {

using Extreme = std::function<bool(std::span<const double>)>;

/// n! as far as it matters: anything above `limit` is limit + 1.
std::size_t factorial_up_to(std::size_t n, std::size_t limit) {
  std::size_t product = 1;
  for (std::size_t i = 2; i <= n; ++i) {
    if (product > limit / i) return limit + 1;
    product *= i;
  }
  return product;
}

/// Fisher and Yates; the draw-th shuffle of this generator.
void shuffle(std::vector<double>& values, const CounterRng& rng, std::size_t draw) {
  const std::size_t n = values.size();
  for (std::size_t i = n; i > 1; --i) {
    std::swap(values[i - 1], values[static_cast<std::size_t>(rng.below(draw * n + i - 1, i))]);
  }
}

PermutationTest monte_carlo(std::span<const double> values, const Extreme& extreme, const PermutationOptions& options) {
  SG_CHECK(options.draws >= 1, "no draws");
  const CounterRng rng(options.seed);
  std::vector<double> order(values.begin(), values.end());
  std::size_t hits = 1;
  for (std::size_t draw = 0; draw < options.draws; ++draw) {
    shuffle(order, rng, draw);
    if (extreme(order)) ++hits;
  }
  return {.p = static_cast<double>(hits) / static_cast<double>(options.draws + 1), .arrangements = options.draws};
}

/// Bound of the difference of two sums of n terms that are equal before rounding, each term with two roundings
/// (Higham 2002, section 3.1), for terms whose magnitudes add up to `magnitude`.
double rounding_slack(std::size_t n, double magnitude) {
  return 2 * static_cast<double>(n + 2) * std::numeric_limits<double>::epsilon() * magnitude;
}

/// The share of arrangements of `values` for which `extreme` holds, as it must for the sample's own; all but
/// `observed`.
PermutationTest test_arrangements(std::span<const double> values, const Extreme& extreme,
                                  const PermutationOptions& options) {
  if (factorial_up_to(values.size(), options.exact_up_to) > options.exact_up_to) {
    return monte_carlo(values, extreme, options);
  }
  // Distinct arrangements only: with ties each stands for equally many of the n!, so the share is the same.
  std::vector<double> order(values.begin(), values.end());
  std::ranges::sort(order);
  std::size_t hits = 0, all = 0;
  do {
    ++all;
    if (extreme(order)) ++hits;
  } while (std::next_permutation(order.begin(), order.end()));
  SG_CHECK(hits > 0, "the sample's own arrangement is as extreme as itself");
  return {.p = static_cast<double>(hits) / static_cast<double>(all), .arrangements = all, .exact = true};
}

}  // namespace

Estimate<PermutationTest> permutation_correlation(std::span<const double> x, std::span<const double> y,
                                                  const PermutationOptions& options) {
  const auto correlation = pearson(x, y);
  if (!correlation.ok()) return Estimate<PermutationTest>::absent(correlation.reason);
  const Centred cx = centre(x), cy = centre(y);
  // The sums of squares stay, so |r| is as large exactly when the sum of products is.
  const double bound = std::abs(products(cx, cy)) - rounding_slack(cx.size(), std::sqrt(cx.squares() * cy.squares()));
  const auto extreme = [&](std::span<const double> arranged) {
    double sum = 0;
    for (std::size_t i = 0; i < arranged.size(); ++i) sum += cx.deviation[i] * arranged[i];
    return std::abs(sum) >= bound;
  };
  PermutationTest test = test_arrangements(cy.deviation, extreme, options);
  test.observed = correlation->r;
  return Estimate<PermutationTest>::of(test);
}

}  // namespace sg
