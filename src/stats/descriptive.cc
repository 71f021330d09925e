#include "stats/descriptive.h"

#include <algorithm>
#include <cmath>

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

}  // namespace

Number arithmetic_mean(std::span<const double> values) {
  return of_usable(values, 1, [&] {
    const Centred c = centre(values);
    return std::ldexp(c.mean + c.mean_rest, c.exponent);
  });
}

Number smallest(std::span<const double> values) {
  return of_usable(values, 1, [&] { return *std::ranges::min_element(values); });
}

Number largest(std::span<const double> values) {
  return of_usable(values, 1, [&] { return *std::ranges::max_element(values); });
}

}  // namespace sg
