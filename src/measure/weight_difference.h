// WeightDifference: how far a matrix of one model is from the same of another.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace sg {

/// One matrix that both models have. Relative errors; NaN where a number is not finite or A's matrix is zero.
struct WeightDifference {
  std::string role;
  std::optional<std::size_t> layer;
  std::string tensor_a, tensor_b;  // as stored
  std::string form_a, form_b;      // "BF16", "GPTQ 4 bit, groups of 128"
  std::size_t rows = 0, cols = 0;
  double frobenius = 0;       // |B - A|_F / |A|_F
  double spectral = 0;        // |B - A|_2 / |A|_2
  double spectral_error = 0;  // the value lies within spectral +- spectral_error (docs/weights.md)
};

}  // namespace sg
