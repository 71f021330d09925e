#include "stats/descriptive.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "stats/quantile.h"
#include "stats/sample.h"

namespace sg {
namespace {

using Number = Estimate<double>;

/// f(values), or why the values cannot be used.
template <class F>
Number of_usable(std::span<const double> values, std::size_t least, const F& f) {
  if (std::string why = why_unusable(values, least); !why.empty()) return Number::absent(std::move(why));
  const double result = f();
  if (!std::isfinite(result)) return Number::absent("the result is beyond the range of a double");
  return Number::of(result);
}

double spread(std::span<const double> values, double divisor) {
  const Centred c = centre(values);
  return std::ldexp(std::sqrt(c.squares() / divisor), c.exponent);
}

}  // namespace

Number arithmetic_mean(std::span<const double> values) {
  return of_usable(values, 1, [&] {
    const Centred c = centre(values);
    return std::ldexp(c.mean + c.mean_rest, c.exponent);
  });
}

Number geometric_mean(std::span<const double> values) {
  if (std::string why = why_unusable(values, 1); !why.empty()) return Number::absent(std::move(why));
  std::vector<double> logarithms(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(values[i] > 0)) return Number::absent("value " + std::to_string(i) + " is not above 0");
    logarithms[i] = std::log(values[i]);
  }
  return Number::of(std::exp(compensated_sum(logarithms) / static_cast<double>(values.size())));
}

Number median(std::span<const double> values) {
  return of_usable(values, 1, [&] { return quantile(values, 0.5); });
}

Number population_std(std::span<const double> values) {
  return of_usable(values, 1, [&] { return spread(values, static_cast<double>(values.size())); });
}

Number sample_std(std::span<const double> values) {
  return of_usable(values, 2, [&] { return spread(values, static_cast<double>(values.size() - 1)); });
}

Number smallest(std::span<const double> values) {
  return of_usable(values, 1, [&] { return *std::min_element(values.begin(), values.end()); });
}

Number largest(std::span<const double> values) {
  return of_usable(values, 1, [&] { return *std::max_element(values.begin(), values.end()); });
}

}  // namespace sg
