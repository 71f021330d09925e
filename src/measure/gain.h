// Gains: reduced norm at the later site over reduced norm at the earlier one; above 1 the span expands.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "measure/definition.h"
#include "measure/row.h"

namespace sg {

/// One prompt's gain, and the two reduced norms it divides (absent for the same reason when it is).
struct Gain {
  Measured gain;
  std::optional<double> numerator, denominator;
};

/// Absent when a site was not recorded, when the reduction is undefined there, or when the denominator is 0.
Gain gain_between(const SiteNorms& norms, Reduction reduction, const SpanEnds& ends);
Gain gain_over(const SequenceMeasurement& sequence, std::size_t layers, Reduction reduction, GainSpan span);

/// One number of the gains of several prompts. Prompts without a gain are left out and counted.
struct PooledGain {
  Measured gain;
  std::optional<double> spread;  // population standard deviation of the gains, divisor n
  std::size_t used = 0;          // prompts that have a gain
  std::size_t prompts = 0;       // all of them
};
PooledGain pool(Pooling pooling, std::span<const Gain> gains);

/// The definition's value over all sequences of a measurement.
PooledGain evaluate(const Definition& definition, const Measurement& measurement);

/// The ladder: the gain of every block, per layer and then per sequence.
std::vector<std::vector<Gain>> ladder(const Measurement& measurement, Reduction reduction);

}  // namespace sg
