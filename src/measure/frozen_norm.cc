#include "measure/frozen_norm.h"

#include <cmath>

namespace sg {
namespace {

double mean_of(std::span<const double> row) {
  double sum = 0;
  for (const double x : row) sum += x;
  return sum / static_cast<double>(row.size());
}

}  // namespace

void FrozenNorm::take(std::span<const double> row, double eps, double factor) {
  scale = factor;
  if (weights == nullptr) return;
  const double mean = kind == NormKind::kLayer ? mean_of(row) : 0;
  double squares = 0;
  for (const double x : row) squares += (x - mean) * (x - mean);
  scale = factor / std::sqrt(squares / static_cast<double>(row.size()) + eps);
}

void FrozenNorm::apply(std::vector<double>& part, double factor, bool shifted) const {
  const double mean = takes_mean() ? mean_of(part) : 0;
  for (std::size_t i = 0; i < part.size(); ++i) {
    part[i] = channel(part[i], mean, i);
    if (shifted) part[i] += shift(factor, i);
  }
}

double FrozenNorm::channel(double part, double mean, std::size_t c) const {
  const double gain = weights != nullptr && weights->gain != nullptr ? weights->gain[c] : 1.0;
  return (part - (takes_mean() ? mean : 0)) * scale * gain;
}

double FrozenNorm::shift(double factor, std::size_t c) const {
  return weights != nullptr && weights->bias != nullptr ? factor * weights->bias[c] : 0;
}

}  // namespace sg
