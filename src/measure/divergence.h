// The Kullback-Leibler divergence of two output distributions that are never held whole.
#pragma once

#include <span>

namespace sg {

/// KL(A || B) folded from slices of the vocabulary, ascending, both of the same ids. All sums in double.
class KlAccumulator {
 public:
  void fold(std::span<const float> a, std::span<const float> b);
  double finish() const;

 private:
  struct Sum {  // of exp(z - max)
    double max = 0, sum = 0;
    bool empty = true;
    /// Moves the maximum, if a slice has a larger one; the factor for what was summed before.
    double raise(std::span<const float> z);
  };
  Sum a_, b_;
  double weighted_ = 0;  // of exp(a - max_a) (a - b)
  bool finite_ = true;
};

}  // namespace sg
