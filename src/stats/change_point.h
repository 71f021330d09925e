// One change of the level of a series: the two constant segments that fit it best by least squares (Hinkley 1970,
// "Inference about the change-point in a sequence of random variables"; Bai 1994, "Least squares estimation of a shift
// in linear processes"). Two segments always fit best somewhere, whether there is a change or not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "stats/estimate.h"

namespace sg {

struct ChangePoint {
  std::size_t at = 0;            // the first value of the second segment; the earliest of equally good ones
  double before = 0, after = 0;  // means of the segments
  double explained = 0;          // share of the sum of squares about the mean that the step accounts for, 0..1
};

struct ChangePointOptions {
  std::size_t least = 2;          // values in a segment; 1 would call a single outlier at an end a change
  double level = 0.95;            // 0 < level < 1
  std::size_t resamples = 2000;   // places are whole numbers: more would not move the interval
  std::uint64_t seed = 20240003;  // any fixed number
};

/// Absent for fewer than 2 `least` values, NaN or infinities, and when all values are equal. least >= 1.
Estimate<ChangePoint> change_point(std::span<const double> series, std::size_t least = 2);

/// Percentile interval of `at` over resampled residuals (Antoch, Huskova and Veraverbeke 1995, "Change-point problem
/// and bootstrap"): fitted step plus residuals drawn with replacement. Assumes errors that are independent and alike
/// in both segments. Ends are whole numbers. Absent where change_point is.
Estimate<Interval> change_point_interval(std::span<const double> series, const ChangePointOptions& options = {});

}  // namespace sg
