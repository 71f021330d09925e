#include "measure/gain_interval.h"

#include <algorithm>

namespace sg {
namespace {

constexpr std::size_t kFewestForInterval = 3;  // with two prompts every resample is one of three values
// 2000 resamples give the 2.5 % quantiles to about a tenth of the spread, a table's last printed digit.
constexpr std::size_t kResamples = 2000;

}  // namespace

Estimate<Interval> gain_interval(Pooling pooling, const std::vector<Gain>& gains) {
  std::vector<Gain> defined;
  std::copy_if(gains.begin(), gains.end(), std::back_inserter(defined), [](const Gain& g) { return g.gain.ok(); });
  if (defined.size() < kFewestForInterval) {
    return Estimate<Interval>::absent("an interval needs " + std::to_string(kFewestForInterval) + " prompts");
  }
  std::vector<Gain> drawn;
  const auto statistic = [&](std::span<const std::size_t> units) {
    drawn.clear();
    for (const std::size_t u : units) drawn.push_back(defined[u]);
    return pool(pooling, drawn).gain.value;
  };
  return bootstrap(defined.size(), statistic, {.kind = BootstrapKind::kBca, .resamples = kResamples});
}

}  // namespace sg
