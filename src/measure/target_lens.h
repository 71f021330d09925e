// The lens on tokens that were asked for: their logit, probability and rank after every layer, and how far the
// distribution there is from the model's own.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernel/kernels.h"
#include "measure/row.h"

namespace sg {

/// Keeps the logits of every layer until the last one's are there. Not thread-safe.
class TargetLens {
 public:
  /// `rows` positions are read at each layer. Without targets nothing is kept.
  TargetLens(std::vector<std::int32_t> targets, std::size_t layers, std::size_t rows, std::size_t vocab);
  /// What it keeps, in bytes.
  static std::uint64_t bytes(std::size_t layers, std::size_t rows, std::size_t vocab);

  /// One slice of the vocabulary, of positions first_row, first_row + 1, ...
  void fold(std::size_t layer, std::size_t first_row, std::size_t first_id, ConstMatrixView z);
  bool empty() const { return targets_.empty(); }

  /// KL(last layer || layer) at one position, in nats; NaN when a logit is not finite. All sums in double.
  double divergence(std::size_t layer, std::size_t row) const;
  /// The targets there, in the order in which they were asked for; layer, position and token are left to the caller.
  /// With logits that are not finite the probability is NaN.
  std::vector<TargetRow> targets(std::size_t layer, std::size_t row) const;

 private:
  std::span<const float> logits(std::size_t layer, std::size_t row) const;

  std::vector<std::int32_t> targets_;
  std::size_t layers_, rows_, vocab_;
  std::vector<float> logits_;  // (layers x rows x vocab)
};

}  // namespace sg
