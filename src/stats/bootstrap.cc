#include "stats/bootstrap.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/check.h"
#include "base/counter_rng.h"
#include "stats/quantile.h"

namespace sg {
namespace {

double normal_cdf(double z) { return boost::math::cdf(boost::math::normal(), z); }
double normal_quantile(double p) { return boost::math::quantile(boost::math::normal(), p); }

/// The statistic of every resample that has one, ascending.
Estimate<std::vector<double>> resample(std::size_t n, const Statistic& statistic, const BootstrapOptions& options) {
  const CounterRng rng(options.seed);
  std::vector<std::size_t> units(n);
  std::vector<double> values;
  values.reserve(options.resamples);
  for (std::size_t r = 0; r < options.resamples; ++r) {
    for (std::size_t i = 0; i < n; ++i) units[i] = static_cast<std::size_t>(rng.below(r * n + i, n));
    const auto value = statistic(units);
    if (value && std::isfinite(*value)) values.push_back(*value);
  }
  const std::size_t undefined = options.resamples - values.size();
  if (values.empty() || static_cast<double>(undefined) > kMostUndefined * static_cast<double>(options.resamples)) {
    return Estimate<std::vector<double>>::absent("the statistic is undefined for " + std::to_string(undefined) +
                                                 " of " + std::to_string(options.resamples) + " resamples");
  }
  std::ranges::sort(values);
  return Estimate<std::vector<double>>::of(std::move(values));
}

/// z0 = Phi^-1(share of resamples below the sample's value; ties count half).
std::optional<double> bias_correction(std::span<const double> ascending, double value) {
  const auto [first, last] = std::equal_range(ascending.begin(), ascending.end(), value);
  const double below = static_cast<double>(first - ascending.begin()) + 0.5 * static_cast<double>(last - first);
  const double share = below / static_cast<double>(ascending.size());
  if (!(share > 0 && share < 1)) return std::nullopt;
  return normal_quantile(share);
}

/// a = sum (mean - theta_i)^3 / (6 (sum (mean - theta_i)^2)^1.5) over the leave-one-out values theta_i.
std::optional<double> acceleration(std::size_t n, const Statistic& statistic) {
  std::vector<double> theta(n);
  std::vector<std::size_t> units(n - 1);
  for (std::size_t left_out = 0; left_out < n; ++left_out) {
    for (std::size_t i = 0; i + 1 < n; ++i) units[i] = i < left_out ? i : i + 1;
    const auto value = statistic(units);
    if (!value || !std::isfinite(*value)) return std::nullopt;
    theta[left_out] = *value;
  }
  const double mean = std::accumulate(theta.begin(), theta.end(), 0.0) / static_cast<double>(n);
  double squares = 0, cubes = 0;
  for (const double t : theta) {
    squares += (mean - t) * (mean - t);
    cubes += (mean - t) * (mean - t) * (mean - t);
  }
  if (squares == 0) return 0.0;
  return cubes / (6 * squares * std::sqrt(squares));
}

/// alpha' = Phi(z0 + (z0 + z) / (1 - a (z0 + z))), z = Phi^-1(alpha); none beyond the pole of the correction.
std::optional<double> corrected_level(double alpha, double z0, double a) {
  const double z = z0 + normal_quantile(alpha);
  if (!(1 - a * z > 0)) return std::nullopt;
  return normal_cdf(z0 + z / (1 - a * z));
}

}  // namespace

Estimate<Interval> bootstrap(std::size_t n, const Statistic& statistic, const BootstrapOptions& options) {
  using Bounds = Estimate<Interval>;
  SG_CHECK(options.level > 0 && options.level < 1, "a confidence level is between 0 and 1");
  SG_CHECK(options.resamples >= 1, "no resamples");
  if (n < 2) return Bounds::absent("fewer than 2 values to draw from");
  std::vector<std::size_t> all(n);
  std::iota(all.begin(), all.end(), std::size_t{0});
  const auto value = statistic(all);
  if (!value || !std::isfinite(*value)) return Bounds::absent("the statistic is undefined for the sample");
  const auto resampled = resample(n, statistic, options);
  if (!resampled.ok()) return Bounds::absent(resampled.reason);
  const std::vector<double>& ascending = *resampled.value;
  if (ascending.front() == ascending.back()) return Bounds::of({ascending.front(), ascending.back()});
  double low = (1 - options.level) / 2, high = 1 - low;
  if (options.kind == BootstrapKind::kBca) {
    const auto z0 = bias_correction(ascending, *value);
    if (!z0) return Bounds::absent("every resample falls on one side of the sample's value");
    const auto a = acceleration(n, statistic);
    if (!a) return Bounds::absent("the statistic is undefined when one value is left out");
    const auto corrected_low = corrected_level(low, *z0, *a), corrected_high = corrected_level(high, *z0, *a);
    if (!corrected_low || !corrected_high) return Bounds::absent("the resamples are too skewed to correct for");
    low = *corrected_low;
    high = *corrected_high;
  }
  return Bounds::of({quantile_sorted(ascending, low), quantile_sorted(ascending, high)});
}

Estimate<Interval> bootstrap_pairs(std::span<const double> x, std::span<const double> y,
                                   const PairedStatistic& statistic, const BootstrapOptions& options) {
  if (x.size() != y.size()) {
    return Estimate<Interval>::absent("there are " + std::to_string(x.size()) + " x and " + std::to_string(y.size()) +
                                      " y");
  }
  std::vector<double> drawn_x, drawn_y;
  const auto of_units = [&](std::span<const std::size_t> units) {
    drawn_x.clear();
    drawn_y.clear();
    for (const std::size_t u : units) {
      drawn_x.push_back(x[u]);
      drawn_y.push_back(y[u]);
    }
    return statistic(drawn_x, drawn_y);
  };
  return bootstrap(x.size(), of_units, options);
}

}  // namespace sg
