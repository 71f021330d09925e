// Row types of `weights`: the statistics of one matrix, and a model's report (docs/weights.md). Numbers are those of
// the weights as the forward pass reads them, decoded to float32; every sum is in double. Their fields:
// weight_fields.h.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "streamgauge/rows.h"

namespace streamgauge {

/// The first infinite or NaN number of a matrix, and how many there are.
struct NonFinite {
  std::size_t row = 0, col = 0;  // of the matrix, outputs x inputs
  double value = 0;
  std::uint64_t count = 0;
};

/// WeightWatcher's power law of the eigenvalues sigma^2: density ~ x^-alpha above x_min.
struct PowerLaw {
  double alpha = 0, distance = 0, x_min = 0;
  std::size_t tail = 0;
};

/// All singular values, descending, and what follows from them.
struct Spectrum {
  std::vector<double> singular_values;
  std::size_t rank = 0;
  double participation_ratio = 0, entropy = 0, effective_rank = 0, nuclear_norm = 0;
  std::optional<PowerLaw> power_law;
};

/// Units: none. NaN where a statistic is not defined.
struct MatrixStatistics {
  double frobenius_norm = 0;
  double spectral_norm = 0, spectral_norm_error = 0, spectral_residual = 0, spectral_at_most = 0;
  std::size_t spectral_passes = 0;
  bool spectral_converged = true;
  double mean_row_norm = 0, std_row_norm = 0, max_row_norm = 0, min_row_norm = 0;
  double mean_abs = 0, std_abs = 0;
  std::size_t rows = 0, cols = 0;  // those of its WeightRow
  std::optional<Spectrum> spectrum;

  /// (|A|_F / |A|_2)^2; NaN for the zero matrix.
  double stable_rank() const {
    const double ratio = frobenius_norm / spectral_norm;
    return ratio * ratio;
  }
  double frobenius_normalized() const { return frobenius_norm / std::sqrt(static_cast<double>(rows * cols)); }
  double spectral_normalized() const { return spectral_norm / std::sqrt(static_cast<double>(cols)); }
  double spectral_per_sqrt_vocab() const { return spectral_norm / std::sqrt(static_cast<double>(rows)); }
};

/// One matrix of a model: a stored tensor, or one role's rows of it.
struct WeightRow {
  std::string role;    // "W_U", "W_Q", ...; empty for a tensor that plays none
  std::string tensor;  // the stored name
  std::optional<std::size_t> layer;
  std::string part = "all";  // "all" rows, those of "real" tokens, or "padded" ones beyond the tokenizer's
  std::string dtype;
  std::size_t rows = 0, cols = 0;              // outputs x inputs
  std::optional<MatrixStatistics> statistics;  // absent where a number is not finite
  std::optional<NonFinite> non_finite;
};

/// The largest singular value of W_U times a pooled gain: how far the last layers can stretch a logit.
struct Amplification {
  std::string definition;  // of the gain
  double gain = 0, value = 0;
};

struct WeightsReport {
  EngineFacts engine;
  ModelFacts model;
  std::vector<WeightRow> matrices;
  std::optional<double> wu_we_ratio;  // of the Frobenius norms; absent where one is not defined
  bool tied_embeddings = false;       // W_U and W_E are one tensor
  std::optional<bool> tied_allclose;  // torch.allclose(W_U, W_E, atol=1e-3)
  std::optional<Amplification> amplification;
  std::vector<std::string> warnings;
  double seconds = 0;
  double spectral_seconds = 0;  // in spectral norms, summed over matrices that were measured side by side
  std::uint64_t peak_bytes = 0;

  /// Matrices whose statistics were refused.
  std::size_t refused() const {
    std::size_t n = 0;
    for (const WeightRow& row : matrices) n += row.statistics ? 0 : 1;
    return n;
  }
};

}  // namespace streamgauge
