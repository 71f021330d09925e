// Bootstrap intervals of a statistic of independent units (Efron 1979; BCa: Efron 1987, "Better bootstrap
// confidence intervals"). Seeded and counter-based: the same call gives the same interval everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "stats/estimate.h"

namespace sg {

enum class BootstrapKind : std::uint8_t {
  kPercentile,  // quantiles of the resampled statistic
  kBca,         // the same at levels corrected for bias and skew
};

struct BootstrapOptions {
  BootstrapKind kind = BootstrapKind::kBca;
  double level = 0.95;            // 0 < level < 1
  std::size_t resamples = 10000;  // Efron and Tibshirani ask for at least 1000 for an interval
  std::uint64_t seed = 20240001;  // any fixed number; stored nowhere because it never changes
};

/// The statistic of the units with these indices (of 0..n-1, repeats allowed, n of them); absent when undefined.
using Statistic = std::function<std::optional<double>(std::span<const std::size_t>)>;

/// The largest share of resamples for which the statistic may be undefined; they are left out. Five pairs drawn five
/// times are all the same pair in 1 of 625 resamples, where a correlation is undefined; four are in 1 of 64.
inline constexpr double kMostUndefined = 0.01;

/// Absent when n < 2; when the statistic is undefined for the sample itself, for a jackknife sample (BCa) or for more
/// than kMostUndefined of the resamples; and when BCa cannot correct: every resample falls on one side of the sample's
/// value although they differ, or the skew is beyond the correction's pole. A constant statistic has the interval
/// [value, value].
Estimate<Interval> bootstrap(std::size_t n, const Statistic& statistic, const BootstrapOptions& options = {});

/// A statistic of pairs (x[i], y[i]), both spans of one length; absent when undefined.
using PairedStatistic = std::function<std::optional<double>(std::span<const double>, std::span<const double>)>;

/// Interval of a statistic of pairs, drawn together. Also absent for unequal lengths.
Estimate<Interval> bootstrap_pairs(std::span<const double> x, std::span<const double> y,
                                   const PairedStatistic& statistic, const BootstrapOptions& options = {});

}  // namespace sg
