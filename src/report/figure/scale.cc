#include "report/figure/scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace sg {
namespace {

constexpr double kLargest = std::numeric_limits<double>::max();
constexpr double kSteps = 6;      // about as many steps between the tics of an axis
constexpr double kTiny = 1e-290;  // a range of less has no room for steps

/// 10^e, also where e is that of a subnormal number; the ends of what a double holds beyond them.
double power_of_ten(double e) {
  if (e < -323) return std::numeric_limits<double>::denorm_min();
  return std::min(std::pow(10.0, e), kLargest);
}

/// 1, 2 or 5 times a power of ten, at least `size`.
double round_step(double size) {
  const double power = power_of_ten(std::floor(std::log10(size)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (size <= factor * power) return factor * power;
  }
  return 10 * power;
}

/// Half the length, which does not overflow.
double half_length(const Range& r) { return r.high / 2 - r.low / 2; }

std::vector<double> linear_tics(const Range& r) {
  std::vector<double> tics;
  const double half = half_length(r);
  if (!(half > kTiny)) return tics;
  const double step = round_step(half / (kSteps / 2));
  const double first = std::ceil(r.low / step);
  for (std::size_t i = 0; i < kMostTics; ++i) {
    const double tic = (first + static_cast<double>(i)) * step + 0.0;  // no negative zero
    if (!(tic <= r.high)) break;
    if (tic >= r.low && (tics.empty() || tic > tics.back())) tics.push_back(tic);
  }
  return tics;
}

std::vector<double> log_tics(const Range& r) {
  constexpr std::size_t kFewest = 3;
  constexpr int kMostDecades = 9;  // of more, every second, third, ... power
  const int low = static_cast<int>(std::floor(std::log10(r.low))), high = static_cast<int>(std::log10(r.high)) + 1;
  const int stride = 1 + (high - low) / kMostDecades;
  const std::vector<double> multiples[] = {{1}, {1, 2, 5}, {1, 2, 3, 4, 5, 6, 7, 8, 9}};
  for (const std::vector<double>& of_decade : multiples) {
    std::vector<double> tics;
    for (int e = low; e <= high; ++e) {
      if (e % stride != 0) continue;
      for (const double m : of_decade) {
        // A power below 1 divides: 5e-1 is 0.5, which 5 * 0.1 need not be.
        const double tic = e < 0 && e >= -300 ? m / std::pow(10.0, -e) : m * std::pow(10.0, e);
        if (tic >= r.low && tic <= r.high && std::isfinite(tic)) tics.push_back(tic);
      }
    }
    if (tics.size() >= kFewest && tics.size() <= kMostTics) return tics;
  }
  return linear_tics(r);  // less than a decade
}

}  // namespace

bool drawable(const std::optional<double>& x, bool logarithmic) {
  return x && std::isfinite(*x) && (!logarithmic || *x > 0);
}

void RangeOf::add(std::optional<double> x) {
  if (!drawable(x, log_)) return;
  range_ = any_ ? Range{std::min(range_.low, *x), std::max(range_.high, *x)} : Range{*x, *x};
  any_ = true;
}

std::optional<Range> RangeOf::padded(double below, double above) const {
  if (!any_) return std::nullopt;
  if (log_) {
    const double low = std::log10(range_.low), high = std::log10(range_.high), decades = std::max(high - low, 0.3);
    const Range r = {std::min(power_of_ten(low - below * decades), range_.low),
                     std::max(power_of_ten(high + above * decades), range_.high)};
    // At the very ends of the doubles there is room on the other side.
    if (r.low < r.high) return r;
    return r.high < 1 ? Range{r.low, 2 * r.high} : Range{r.low / 2, r.high};
  }
  double low = range_.low, high = range_.high, half = half_length(range_);
  const double size = std::max(std::abs(low), std::abs(high));
  if (!(half > 5e-10 * size && half > kTiny)) {
    half = std::max(0.1 * std::abs(low), 5e-7);
    below = above = 1;
  }
  low -= 2 * below * half;
  high += 2 * above * half;
  // What cannot be negative does not seem to be.
  return Range{std::max(range_.low >= 0 ? std::max(low, 0.0) : low, -kLargest), std::min(high, kLargest)};
}

double Scale::at(double x) const {
  if (logarithmic) {
    const double low = std::log10(range.low), high = std::log10(range.high);
    return from + (to - from) * (std::log10(x) - low) / (high - low);
  }
  return from + (to - from) * ((x / 2 - range.low / 2) / half_length(range));
}

std::vector<double> tics_of(const Range& r, bool logarithmic) {
  if (!(r.low < r.high) || !std::isfinite(r.low) || !std::isfinite(r.high)) return {};
  if (!logarithmic) return linear_tics(r);
  return r.low > 0 ? log_tics(r) : std::vector<double>{};
}

std::vector<double> whole_tics(const Range& r) {
  std::vector<double> tics;
  for (double tic = std::ceil(r.low); tic <= r.high && tics.size() < kMostTics; ++tic) tics.push_back(tic);
  return tics;
}

std::vector<std::string> tic_labels(const std::vector<double>& tics, bool logarithmic) {
  std::vector<std::string> labels;
  if (tics.empty()) return labels;
  // How many steps between neighbours it is from 0: to the farthest tic, or, on a logarithmic axis, to each.
  const double largest = std::max(std::abs(tics.front()), std::abs(tics.back()));
  double steps = 1;
  for (std::size_t i = 1; i < tics.size(); ++i) {
    steps = std::max(steps, (logarithmic ? tics[i] : largest) / (tics[i] - tics[i - 1]));
  }
  const int needed = static_cast<int>(std::log10(std::min(steps, 1e17))) + 2, digits = std::clamp(needed, 6, 17);
  const bool brief = logarithmic && needed <= 3;
  const bool thousands = brief && tics.back() >= 1e4;
  for (const double tic : tics) {
    if (brief && tic >= 1e6 && tic < 1e9) {
      labels.push_back(fmt::format("{:.3g}M", tic / 1e6));
    } else if (thousands && tic >= 1e3 && tic < 1e6) {
      labels.push_back(fmt::format("{:.3g}k", tic / 1e3));
    } else {
      labels.push_back(fmt::format("{:.{}g}", tic, digits));
    }
  }
  return labels;
}

}  // namespace sg
