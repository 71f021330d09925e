#include "spectra/power_law.h"

#include <algorithm>
#include <cmath>

#include "kernel/elementary.h"

namespace sg {
namespace {

constexpr double kSmallest = 1e-5;   // WeightWatcher's EVALS_THRESH
constexpr std::size_t kFewest = 20;  // its SMALL_N_CUTOFF
constexpr double kEqual = 1e-12;     // mean logarithm above x_min's: all of the tail is one value but for rounding

/// Largest |P(x) - k / n| over the tail's k-th values, P the fitted law; stops once it is beyond `best`.
double distance(std::span<const double> tail_logs, double alpha, double best) {
  const double n = static_cast<double>(tail_logs.size());
  double largest = 0.0;
  for (std::size_t k = 0; k < tail_logs.size() && largest < best; ++k) {
    const double law = 1.0 - exp_fixed((1.0 - alpha) * (tail_logs[k] - tail_logs[0]));
    largest = std::max(largest, std::fabs(law - static_cast<double>(k) / n));
  }
  return largest;
}

}  // namespace

std::optional<PowerLaw> fit_power_law(std::span<const double> eigenvalues) {
  std::vector<double> x;
  std::copy_if(eigenvalues.begin(), eigenvalues.end(), std::back_inserter(x), [](double e) { return e > kSmallest; });
  if (x.size() < kFewest) return std::nullopt;
  std::sort(x.begin(), x.end());
  std::vector<double> logs;
  for (const double e : x) logs.push_back(log_fixed(e));
  std::vector<double> tail_sums(x.size());  // of logs[i..]
  double sum = 0.0;
  for (std::size_t i = x.size(); i-- > 0;) tail_sums[i] = sum += logs[i];

  std::optional<PowerLaw> best;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const double n = static_cast<double>(x.size() - i), spread = tail_sums[i] - n * logs[i];
    if (!(spread > kEqual * n)) continue;
    const double alpha = 1.0 + n / spread, least = best ? best->distance : 1.0;
    const double d = distance(std::span(logs).subspan(i), alpha, least);
    if (d < least) best = PowerLaw{.alpha = alpha, .distance = d, .x_min = x[i], .tail = x.size() - i};
  }
  return best;
}

}  // namespace sg
