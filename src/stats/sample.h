// What every statistic asks of its input, and sums about the mean that keep their digits.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sg {

/// Why `values` cannot be used: fewer than `least`, or one of them is NaN or infinite. Empty when it can.
std::string why_unusable(std::span<const double> values, std::size_t least);
/// The same for pairs (x[i], y[i]); also unequal lengths, and all of x or all of y equal.
std::string why_unusable_pairs(std::span<const double> x, std::span<const double> y, std::size_t least);

/// Whether all values are the same double. Not empty.
bool all_equal(std::span<const double> values);

/// Sum with the rounding errors carried along (Neumaier 1974), in the order of the values.
double compensated_sum(std::span<const double> values);

/// A sample as mean and deviations: value[i] = 2^exponent (mean + mean_rest + deviation[i] + deviation_rest[i]), the
/// exponent such that the largest deviation (the largest value, when all are equal) lies in [1/2, 1), so that squares
/// neither overflow nor vanish. The rests are what a double cannot hold beside the number they belong to: deviations
/// are known beyond their own last place, whatever the offset.
struct Centred {
  int exponent = 0;
  double mean = 0, mean_rest = 0;
  std::vector<double> deviation, deviation_rest;

  std::size_t size() const { return deviation.size(); }
  /// Sum of squared deviations, in units of 4^exponent.
  double squares() const;
};

/// values: at least one, all finite.
Centred centre(std::span<const double> values);

/// Sum of products of deviations, in units of 2^(x.exponent + y.exponent). Equal lengths.
double products(const Centred& x, const Centred& y);
/// Sum of squared residuals of y = slope x about the means, in units of 4^y.exponent; slope in units of
/// 2^(y.exponent - x.exponent). It keeps its digits when the residuals are far smaller than the deviations.
double residual_squares(const Centred& x, const Centred& y, double slope);

}  // namespace sg
