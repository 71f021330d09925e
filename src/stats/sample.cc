#include "stats/sample.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace sg {
namespace {

double largest_magnitude(std::span<const double> values) {
  double largest = 0;
  for (const double v : values) largest = std::max(largest, std::abs(v));
  return largest;
}

/// The exponent e with |x| / 2^e in [1/2, 1); 0 for 0.
int exponent_of(double x) {
  int e = 0;
  std::frexp(x, &e);
  return e;
}

/// a - b as a double, and what rounding took from it (Knuth's exact sum of two).
struct Difference {
  double rounded, rest;
};
Difference exact_difference(double a, double b) {
  const double rounded = a - b, taken = rounded - a;
  return {rounded, (a - (rounded - taken)) - (b + taken)};
}

void scale(std::vector<double>& values, int exponent) {
  for (double& v : values) v = std::ldexp(v, exponent);
}

}  // namespace

std::string why_unusable(std::span<const double> values, std::size_t least) {
  if (values.size() < least) {
    if (values.empty()) return "there is no value";
    return "only " + std::to_string(values.size()) + " of the " + std::to_string(least) + " values it needs";
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    return "value " + std::to_string(i) + " is " + (std::isnan(values[i]) ? "NaN" : "infinite");
  }
  return {};
}

std::string why_unusable_pairs(std::span<const double> x, std::span<const double> y, std::size_t least) {
  if (x.size() != y.size()) {
    return "there are " + std::to_string(x.size()) + " x and " + std::to_string(y.size()) + " y";
  }
  for (const auto& [values, name] : {std::pair(x, "x"), std::pair(y, "y")}) {
    if (std::string why = why_unusable(values, least); !why.empty()) return why + " (" + name + ")";
    if (all_equal(values)) return std::string("every ") + name + " is the same";
  }
  return {};
}

bool all_equal(std::span<const double> values) {
  SG_CHECK(!values.empty(), "no values");
  return std::ranges::all_of(values, [&](double v) { return v == values.front(); });
}

double compensated_sum(std::span<const double> values) {
  double sum = 0, lost = 0;
  for (const double v : values) {
    const double next = sum + v;
    lost += std::abs(sum) >= std::abs(v) ? (sum - next) + v : (v - next) + sum;
    sum = next;
  }
  return sum + lost;
}

double Centred::squares() const { return products(*this, *this); }

Centred centre(std::span<const double> values) {
  SG_CHECK(!values.empty(), "no values");
  const double count = static_cast<double>(values.size());
  Centred c{.deviation = std::vector<double>(values.begin(), values.end())};
  c.exponent = exponent_of(largest_magnitude(values));
  scale(c.deviation, -c.exponent);
  if (all_equal(values)) {
    c.mean = c.deviation.front();
    std::fill(c.deviation.begin(), c.deviation.end(), 0.0);
    c.deviation_rest = c.deviation;
    return c;
  }
  c.mean = compensated_sum(c.deviation) / count;
  c.deviation_rest.resize(values.size());
  const auto subtract = [&c](double amount) {
    for (std::size_t i = 0; i < c.size(); ++i) {
      const Difference d = exact_difference(c.deviation[i], amount);
      c.deviation[i] = d.rounded;
      c.deviation_rest[i] += d.rest;
    }
  };
  subtract(c.mean);
  c.mean_rest = (compensated_sum(c.deviation) + compensated_sum(c.deviation_rest)) / count;
  subtract(c.mean_rest);
  const int shift = exponent_of(largest_magnitude(c.deviation));
  scale(c.deviation, -shift);
  scale(c.deviation_rest, -shift);
  c.exponent += shift;
  c.mean = std::ldexp(c.mean, -shift);
  c.mean_rest = std::ldexp(c.mean_rest, -shift);
  return c;
}

double products(const Centred& x, const Centred& y) {
  SG_CHECK(x.size() == y.size(), "unequal lengths");
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x.deviation[i] * y.deviation[i];
  return sum;
}

double residual_squares(const Centred& x, const Centred& y, double slope) {
  SG_CHECK(x.size() == y.size(), "unequal lengths");
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    // Fused, because the product nearly cancels.
    const double residual =
        std::fma(-slope, x.deviation[i], y.deviation[i]) + (y.deviation_rest[i] - slope * x.deviation_rest[i]);
    sum += residual * residual;
  }
  return sum;
}

}  // namespace sg
