// Statistics of weight matrices (docs/weights.md). Every sum is in double, over the weights as the pass reads them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace streamgauge {

struct MatrixStatistics {
  double frobenius_norm = 0, spectral_norm = 0;
  double spectral_norm_error = 0;  // a singular value lies within this of spectral_norm
  double stable_rank = 0;
  double mean_row_norm = 0, std_row_norm = 0, max_row_norm = 0, min_row_norm = 0, mean_abs = 0, std_abs = 0;
  std::vector<double> singular_values;  // descending; when WeightsOptions::full_spectrum
};

struct Matrix {
  std::string role, tensor;  // "W_U", the stored name
  std::optional<std::size_t> layer;
  std::string part;  // "all" rows, those of "real" tokens, or "padded" ones
  std::string dtype;
  std::size_t rows = 0, cols = 0;              // outputs x inputs
  std::optional<MatrixStatistics> statistics;  // absent where a number is not finite
};

struct Weights {
  std::vector<Matrix> matrices;
  std::optional<double> wu_we_ratio;  // of the Frobenius norms
  bool tied_embeddings = false;
  std::optional<bool> tied_allclose;
  std::vector<std::string> warnings;
};

}  // namespace streamgauge
