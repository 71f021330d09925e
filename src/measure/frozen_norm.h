// FrozenNorm: the norm behind a branch with the statistics of one row as they are, which makes it linear in the row's
// parts, so that what a head or a neuron adds has a size of its own.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kernel/kernels.h"
#include "model/weights.h"

namespace sg {

struct FrozenNorm {
  NormKind kind = NormKind::kRms;
  const NormWeights* weights = nullptr;  // null: there is none
  double scale = 1;                      // and the family's factor of the branch

  /// Of a row that is the sum of its parts; `factor` multiplies what comes out.
  void take(std::span<const double> row, double eps, double factor);
  /// Of one part, in place; `shift`: the part is the bias, which takes the norm's own bias.
  void apply(std::vector<double>& part, double factor, bool shift) const;

  /// The same of one channel of a part whose mean over the channels is `mean` (0 counts where the norm takes none off).
  double channel(double part, double mean, std::size_t c) const;
  /// What the norm's own bias adds to it.
  double shift(double factor, std::size_t c) const;
  bool takes_mean() const { return weights != nullptr && kind == NormKind::kLayer; }
};

}  // namespace sg
