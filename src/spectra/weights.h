// The matrices of a model and their statistics: W_U and W_E, or any others, fused tensors split into their roles.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/model.h"
#include "spectra/matrix_stats.h"
#include "spectra/weight_row.h"

namespace sg {

/// A matrix in the checkpoint. Refers to the Model.
struct WeightMatrix {
  std::string role;
  const TensorInfo* tensor = nullptr;
  std::optional<std::size_t> layer;
  MatrixSource source;
  std::optional<std::size_t> expert;  // whose it is

  /// As stored; the number of an expert behind a tensor that holds all of them.
  std::string stored_name() const;
};

/// W_U, W_E and, when `all`, every other matrix, layer by layer in the order of the block.
std::vector<WeightMatrix> weight_matrices(const Model& model, bool all);

struct WeightsOptions {
  int threads = 0;                 // 0: all this process may use
  std::string isa;                 // empty: the best, or SG_FORCE_ISA
  bool all = false;                // every matrix
  std::vector<std::string> globs;  // in place of W_U and W_E: tensors whose stored name or role matches one
  bool full_spectrum = false;
  std::optional<ModelFacts> facts = {};  // of the model, from whoever has them
  std::size_t tokens = 0;                // of the tokenizer; 0: not known. Rows of W_U and W_E beyond it are padding
  const std::atomic<bool>* stop = nullptr;
  std::function<void(double done)> progress = {};  // share of the numbers done, 0 to 1
};

/// What measure_weights measures. Error (usage): a glob that no matrix matches.
Result<std::vector<WeightMatrix>> chosen_matrices(const Model& model, const WeightsOptions& options);

/// Errors: an unknown ISA, a glob that no matrix matches, no LAPACK for full spectra, interrupted. A matrix with a
/// number that is not finite is a row without statistics.
Result<WeightsReport> measure_weights(const Model& model, const WeightsOptions& options);

}  // namespace sg
