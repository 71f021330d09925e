#include "measure/divergence.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernel/elementary.h"

namespace sg {

double KlAccumulator::Sum::raise(std::span<const float> z) {
  const double top = static_cast<double>(*std::max_element(z.begin(), z.end()));
  if (!empty && !(top > max)) return 1.0;
  const double factor = empty ? 0.0 : exp_fixed(max - top);
  max = top;
  sum *= factor;
  empty = false;
  return factor;
}

void KlAccumulator::fold(std::span<const float> a, std::span<const float> b) {
  const auto is_finite = [](float z) { return std::isfinite(z); };
  finite_ = finite_ && std::all_of(a.begin(), a.end(), is_finite) && std::all_of(b.begin(), b.end(), is_finite);
  if (!finite_ || a.empty()) return;
  weighted_ *= a_.raise(a);
  b_.raise(b);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double za = static_cast<double>(a[i]), zb = static_cast<double>(b[i]);
    const double e = exp_fixed(za - a_.max);
    a_.sum += e;
    weighted_ += e * (za - zb);
    b_.sum += exp_fixed(zb - b_.max);
  }
}

double KlAccumulator::finish() const {
  if (!finite_ || a_.empty) return std::numeric_limits<double>::quiet_NaN();
  const double log_a = a_.max + log_fixed(a_.sum), log_b = b_.max + log_fixed(b_.sum);
  return weighted_ / a_.sum - (log_a - log_b);
}

}  // namespace sg
