// Gains, biases and other vectors of a checkpoint in float32, as the forward pass reads them.
#pragma once

#include <span>
#include <vector>

#include "model/model.h"

namespace sg {

/// Of a norm's gains: what is added to those of the file, and what its writer has added already (GGUF).
struct GainOffset {
  float to_add = 0, in_file = 0;
};

/// Decoded vectors; a deque-like list of buffers so that pointers stay valid while it grows.
class DecodedVectors {
 public:
  /// Everything is rounded to the precision before anything is added to it.
  /// The sum itself too when `rounds_sums`.
  explicit DecodedVectors(Precision precision, bool rounds_sums = false)
      : precision_(precision), rounds_sums_(rounds_sums) {}

  /// All parts one after another, plus the offset; null for a null part.
  const float* decode(std::span<const TensorInfo* const> parts, GainOffset offset = {});
  void clear() { used_ = 0; }

 private:
  Precision precision_;
  bool rounds_sums_;
  std::vector<std::vector<float>> buffers_;
  std::size_t used_ = 0;
};

}  // namespace sg
