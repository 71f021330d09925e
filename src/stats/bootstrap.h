// Bootstrap intervals of a statistic of independent units (Efron 1979; BCa: Efron 1987, "Better bootstrap
// confidence intervals"). Seeded and counter-based: the same call gives the same interval everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

namespace sg {

struct Interval {
  double low = 0, high = 0;
};

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

/// Absent when n < 2, when the statistic is undefined for the sample itself or for a resample or jackknife
/// sample that is needed, or when every resample falls on one side of the sample's value (BCa has no bias
/// correction then) although they differ. A constant statistic has the interval [value, value].
std::optional<Interval> bootstrap(std::size_t n, const Statistic& statistic, const BootstrapOptions& options = {});

/// Interval of the mean.
std::optional<Interval> bootstrap_mean(std::span<const double> values, const BootstrapOptions& options = {});

}  // namespace sg
