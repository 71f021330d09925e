#include "stats/regression.h"

#include <cmath>

#include "stats/correlation.h"
#include "stats/sample.h"

namespace sg {

Estimate<Regression> linear_regression(std::span<const double> x, std::span<const double> y) {
  const auto correlation = pearson(x, y);
  if (!correlation.ok()) return Estimate<Regression>::absent(correlation.reason);
  const Centred cx = centre(x), cy = centre(y);
  const double n = static_cast<double>(x.size()), xx = cx.squares(), yy = cy.squares();
  // In units of the two scales: of y for the intercept, of y per x for the slope.
  const double slope = products(cx, cy) / xx;
  const double intercept = (cy.mean - slope * cx.mean) + (cy.mean_rest - slope * cx.mean_rest);
  const double slope_error = std::sqrt(correlation->unexplained * yy / xx / (n - 2));
  const double intercept_error = slope_error * std::hypot(std::sqrt(xx / n), cx.mean);
  const Regression line = {.slope = std::ldexp(slope, cy.exponent - cx.exponent),
                           .intercept = std::ldexp(intercept, cy.exponent),
                           .stderr_slope = std::ldexp(slope_error, cy.exponent - cx.exponent),
                           .stderr_intercept = std::ldexp(intercept_error, cy.exponent),
                           .r = correlation->r,
                           .p = correlation->p};
  const bool fits = std::isfinite(line.slope) && std::isfinite(line.intercept) && std::isfinite(line.stderr_slope) &&
                    std::isfinite(line.stderr_intercept) && (line.slope != 0 || slope == 0);
  if (!fits) return Estimate<Regression>::absent("the line is beyond the range of a double");
  return Estimate<Regression>::of(line);
}

}  // namespace sg
