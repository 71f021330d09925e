// How far the matrices of one model are from those of another of its shape: what a quantisation did to each of them.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "measure/compare.h"
#include "measure/weight_difference.h"
#include "spectra/weights.h"

namespace sg {

struct WeightDifferences {
  std::vector<WeightDifference> matrices;  // in the order of weight_matrices
  std::vector<std::string> warnings;       // of matrices that only one of them has
};

struct DifferenceOptions {
  int threads = 0;
  std::string isa;
  const std::atomic<bool>* stop = nullptr;
};

/// Every matrix of `a` whose counterpart in `b` has its shape. Rows of q and k that GGUF permutes are put back. Memory:
/// what a difference of 32 MB takes, or a megabyte a thread. Errors: check_scales, a file that changed, interrupted.
Result<WeightDifferences> weight_differences(const Model& a, const Model& b, const DifferenceOptions& options);

/// Matrices beside the sites of a comparison: where the two models are stored in different ways, always, never.
enum class Matrices { kAuto, kOn, kOff };
/// Adds them, and their warnings, to a comparison of a and b. Errors: as above.
Result<void> add_matrices(Matrices which, const Model& a, const Model& b, const DifferenceOptions& options,
                          Comparison& comparison);

}  // namespace sg
