#include "stats/permutation.h"

#include <algorithm>
#include <cmath>
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

/// binomial(n, k) in the same way; every intermediate product is a binomial itself.
std::size_t binomial_up_to(std::size_t n, std::size_t k, std::size_t limit) {
  k = std::min(k, n - k);
  std::size_t chosen = 1;
  for (std::size_t i = 1; i <= k; ++i) {
    if (chosen > limit || chosen > std::numeric_limits<std::size_t>::max() / n) return limit + 1;
    chosen = chosen * (n - k + i) / i;
  }
  return std::min(chosen, limit + 1);
}

/// Fisher and Yates; the draw-th shuffle of this generator.
void shuffle(std::vector<double>& values, const CounterRng& rng, std::size_t draw) {
  const std::size_t n = values.size();
  for (std::size_t i = n; i > 1; --i) {
    std::swap(values[i - 1], values[static_cast<std::size_t>(rng.below(draw * n + i - 1, i))]);
  }
}

PermutationTest exact_share(std::size_t hits, std::size_t all) {
  SG_CHECK(hits > 0, "the sample's own arrangement is as extreme as itself");
  return {.p = static_cast<double>(hits) / static_cast<double>(all), .arrangements = all, .exact = true};
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

/// Every choice of `count` of the values as the first sample.
PermutationTest exact_choices(std::span<const double> values, std::size_t count, const Extreme& extreme) {
  std::vector<char> chosen(values.size(), 0);
  std::fill_n(chosen.begin(), count, 1);
  std::vector<double> first(count);
  std::size_t hits = 0, all = 0;
  do {
    std::size_t at = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (chosen[i] != 0) first[at++] = values[i];
    }
    ++all;
    if (extreme(first)) ++hits;
  } while (std::prev_permutation(chosen.begin(), chosen.end()));
  return exact_share(hits, all);
}

/// Bound of the difference of two sums of n terms that are equal before rounding, each term with two roundings
/// (Higham 2002, section 3.1), for terms whose magnitudes add up to `magnitude`.
double rounding_slack(std::size_t n, double magnitude) {
  return 2 * static_cast<double>(n + 2) * std::numeric_limits<double>::epsilon() * magnitude;
}

}  // namespace

PermutationTest test_arrangements(std::span<const double> values, const Extreme& extreme,
                                  const PermutationOptions& options) {
  if (factorial_up_to(values.size(), options.exact_up_to) > options.exact_up_to) {
    return monte_carlo(values, extreme, options);
  }
  // Distinct arrangements only: with ties each stands for equally many of the n!, so the share is the same.
  std::vector<double> order(values.begin(), values.end());
  std::sort(order.begin(), order.end());
  std::size_t hits = 0, all = 0;
  do {
    ++all;
    if (extreme(order)) ++hits;
  } while (std::next_permutation(order.begin(), order.end()));
  return exact_share(hits, all);
}

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

Estimate<PermutationTest> permutation_means(std::span<const double> x, std::span<const double> y,
                                            const PermutationOptions& options) {
  using Test = Estimate<PermutationTest>;
  if (x.empty() || y.empty())
    return Test::absent(std::string("there is no value in the ") + (x.empty() ? "first" : "second") + " sample");
  std::vector<double> all(x.begin(), x.end());
  all.insert(all.end(), y.begin(), y.end());
  if (std::string why = why_unusable(all, 3); !why.empty()) return Test::absent(why + " (both samples)");
  if (all_equal(all)) return Test::absent("every value is the same");
  const Centred pooled = centre(all);
  const auto sum_of_first = [n = x.size()](std::span<const double> arranged) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += arranged[i];
    return sum;
  };
  // About the pooled mean the difference of means is (1 / n_x + 1 / n_y) times the sum of the first sample.
  const double first = sum_of_first(pooled.deviation);
  double magnitude = 0;
  for (const double d : pooled.deviation) magnitude += std::abs(d);
  const double bound = std::abs(first) - rounding_slack(all.size(), magnitude);
  const auto extreme = [&](std::span<const double> arranged) { return std::abs(sum_of_first(arranged)) >= bound; };
  const bool exact = binomial_up_to(all.size(), x.size(), options.exact_up_to) <= options.exact_up_to;
  PermutationTest test =
      exact ? exact_choices(pooled.deviation, x.size(), extreme) : monte_carlo(pooled.deviation, extreme, options);
  test.observed =
      std::ldexp(first * (1 / static_cast<double>(x.size()) + 1 / static_cast<double>(y.size())), pooled.exponent);
  if (!std::isfinite(test.observed)) return Test::absent("the difference is beyond the range of a double");
  return Test::of(test);
}

}  // namespace sg
