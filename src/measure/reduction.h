// Reductions: one number of the token norms of one prompt at one site (docs/measures.md).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "stats/estimate.h"

namespace sg {

/// A finite number, or the reason why there is none.
using Measured = Estimate<double>;

enum class Reduction : std::uint8_t { kLast, kMean, kMeanSkipFirst, kFrobenius, kMedian, kMax };

inline constexpr std::array kReductions = {Reduction::kLast,      Reduction::kMean,   Reduction::kMeanSkipFirst,
                                           Reduction::kFrobenius, Reduction::kMedian, Reduction::kMax};

/// "mean_skip_first"
std::string_view name(Reduction reduction);
/// For the head of a table: "mean, no first".
std::string_view title(Reduction reduction);

/// Absent for an empty row, for mean_skip_first of one token, and when a norm that the reduction looks at is
/// inf or NaN (the reason names the token). Sums run in the order of the tokens, in double.
Measured reduce(Reduction reduction, std::span<const double> norms);

/// Summed in order. values must not be empty.
double mean_of(std::span<const double> values);
/// The middle of the sorted values, for an even count the mean of the two. values must not be empty.
double median_of(std::span<const double> values);

}  // namespace sg
