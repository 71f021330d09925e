#include "stats/change_point.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/check.h"
#include "base/counter_rng.h"
#include "stats/sample.h"

namespace sg {
namespace {

struct Split {
  std::size_t at = 0;
  double gained = -1;  // sum of squares that the step takes away
};

/// The step after k of n values takes away n / (k (n - k)) (sum of the first k deviations)^2.
Split best_split(std::span<const double> series, std::size_t least) {
  const std::size_t n = series.size();
  double mean = 0;  // small: the series is about its mean, or was resampled from one that is
  for (const double v : series) mean += v / static_cast<double>(n);
  Split best;
  double sum = 0;
  for (std::size_t k = 1; k + least <= n; ++k) {
    sum += series[k - 1] - mean;
    if (k < least) continue;
    const double gained = sum * sum * static_cast<double>(n) / (static_cast<double>(k) * static_cast<double>(n - k));
    if (gained > best.gained) best = {.at = k, .gained = gained};
  }
  return best;
}

double mean_of_range(std::span<const double> values) {
  return compensated_sum(values) / static_cast<double>(values.size());
}

std::string why_no_split(std::span<const double> series, std::size_t least) {
  SG_CHECK(least >= 1, "a segment has a value");
  if (std::string why = why_unusable(series, 2 * least); !why.empty()) return why;
  return all_equal(series) ? "every value is the same" : "";
}

/// The place of the change in every resample of fitted step plus residuals.
std::vector<std::size_t> resampled_places(std::span<const double> series, const ChangePointOptions& options) {
  const Centred c = centre(series);
  const std::size_t n = c.size(), at = best_split(c.deviation, options.least).at;
  std::vector<double> step(n), residual(n), drawn(n);
  const std::span<const double> deviation = c.deviation;
  const double before = mean_of_range(deviation.first(at)), after = mean_of_range(deviation.subspan(at));
  for (std::size_t i = 0; i < n; ++i) {
    step[i] = i < at ? before : after;
    residual[i] = deviation[i] - step[i];
  }
  const CounterRng rng(options.seed);
  std::vector<std::size_t> places(options.resamples);
  for (std::size_t r = 0; r < options.resamples; ++r) {
    for (std::size_t i = 0; i < n; ++i)
      drawn[i] = step[i] + residual[static_cast<std::size_t>(rng.below(r * n + i, n))];
    places[r] = best_split(drawn, options.least).at;
  }
  return places;
}

/// The order statistics that enclose the level, rounded outwards.
Interval percentile_interval(std::vector<double> values, double level) {
  std::ranges::sort(values);
  const double last = static_cast<double>(values.size() - 1), tail = (1 - level) / 2;
  return {.low = values[static_cast<std::size_t>(std::floor(tail * last))],
          .high = values[static_cast<std::size_t>(std::ceil((1 - tail) * last))]};
}

void check_options(const ChangePointOptions& options) {
  SG_CHECK(options.level > 0 && options.level < 1, "a confidence level is between 0 and 1");
  SG_CHECK(options.resamples >= 1, "no resamples");
}

}  // namespace

Estimate<ChangePoint> change_point(std::span<const double> series, std::size_t least) {
  if (std::string why = why_no_split(series, least); !why.empty()) return Estimate<ChangePoint>::absent(std::move(why));
  const Centred c = centre(series);
  const Split split = best_split(c.deviation, least);
  const std::span<const double> deviation = c.deviation;
  const auto level = [&](std::span<const double> part) {
    return std::ldexp(c.mean + (c.mean_rest + mean_of_range(part)), c.exponent);
  };
  return Estimate<ChangePoint>::of({.at = split.at,
                                    .before = level(deviation.first(split.at)),
                                    .after = level(deviation.subspan(split.at)),
                                    .explained = std::min(split.gained / c.squares(), 1.0)});
}

Estimate<Interval> change_point_interval(std::span<const double> series, const ChangePointOptions& options) {
  check_options(options);
  if (std::string why = why_no_split(series, options.least); !why.empty()) {
    return Estimate<Interval>::absent(std::move(why));
  }
  const auto places = resampled_places(series, options);
  return Estimate<Interval>::of(percentile_interval({places.begin(), places.end()}, options.level));
}

}  // namespace sg
