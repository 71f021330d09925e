#include "measure/reduction.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/check.h"

namespace sg {
namespace {

/// Scaled by the largest norm, so that squares neither overflow nor vanish.
double root_sum_squares(std::span<const double> values) {
  const double largest = *std::max_element(values.begin(), values.end());
  if (largest == 0) return 0;
  double sum = 0;
  for (const double v : values) sum += (v / largest) * (v / largest);
  return largest * std::sqrt(sum);
}

/// The first norm of [first, end) that is not finite, as an absent value.
std::optional<Measured> not_finite(std::span<const double> norms, std::size_t first) {
  for (std::size_t t = first; t < norms.size(); ++t) {
    if (!std::isfinite(norms[t])) {
      return Measured::absent("the norm of token " + std::to_string(t) + " is " +
                              (std::isnan(norms[t]) ? "NaN" : "infinite"));
    }
  }
  return std::nullopt;
}

double reduce_finite(Reduction reduction, std::span<const double> norms) {
  switch (reduction) {
    case Reduction::kLast: return norms.back();
    case Reduction::kMean: return mean_of(norms);
    case Reduction::kMeanSkipFirst: return mean_of(norms.subspan(1));
    case Reduction::kFrobenius: return root_sum_squares(norms);
    case Reduction::kMedian: return median_of(norms);
    case Reduction::kMax: return *std::max_element(norms.begin(), norms.end());
  }
  SG_CHECK(false, "unknown reduction");
}

}  // namespace

std::string_view name(Reduction reduction) {
  switch (reduction) {
    case Reduction::kLast: return "last";
    case Reduction::kMean: return "mean";
    case Reduction::kMeanSkipFirst: return "mean_skip_first";
    case Reduction::kFrobenius: return "frobenius";
    case Reduction::kMedian: return "median";
    case Reduction::kMax: return "max";
  }
  return "";
}

std::string_view title(Reduction reduction) {
  return reduction == Reduction::kMeanSkipFirst ? "mean, no first" : name(reduction);
}

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

double median_of(std::span<const double> values) {
  SG_CHECK(!values.empty(), "median of nothing");
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : std::midpoint(sorted[half - 1], sorted[half]);
}

Measured reduce(Reduction reduction, std::span<const double> norms) {
  if (norms.empty()) return Measured::absent("there is no token");
  if (reduction == Reduction::kMeanSkipFirst && norms.size() == 1) {
    return Measured::absent("the prompt has one token, so none is left without the first");
  }
  std::size_t first = 0;  // of the tokens that this reduction looks at
  if (reduction == Reduction::kLast) first = norms.size() - 1;
  if (reduction == Reduction::kMeanSkipFirst) first = 1;
  if (auto why = not_finite(norms, first)) return *std::move(why);
  return Measured::of(reduce_finite(reduction, norms));
}

}  // namespace sg
