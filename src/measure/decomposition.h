// Decomposition of a block's gain, exact per token: |x + d|^2 = |x|^2 + 2 x.d + |d|^2, from norms and dots.
#pragma once

#include <cstddef>
#include <optional>

#include "measure/row.h"

namespace sg {

/// One token in one block. Shares are of |resid_pre|^2 and add up:
/// |resid_post|^2 / |resid_pre|^2 = 1 + attention + mlp + cross, up to float32's rounding of the stream.
/// A field is absent when its norms or dots were not recorded, are not finite, or its divisor is 0.
struct BlockGrowth {
  std::optional<double> attention;      // (2 pre.attn + |attn|^2) / |pre|^2
  std::optional<double> mlp;            // (2 x.mlp + |mlp|^2) / |pre|^2, x = resid_mid, or resid_pre in parallel blocks
  std::optional<double> cross;          // 2 attn.mlp / |pre|^2; parallel blocks only
  std::optional<double> cos_attention;  // of attn_out with resid_pre
  std::optional<double> cos_mlp;        // of mlp_out with the x above
};
BlockGrowth block_growth(const SequenceMeasurement& sequence, std::size_t layer, std::size_t token);
/// Means over the sequences, at the last token of each. A field is absent when it is for any of them.
BlockGrowth mean_growth(const Measurement& measurement, std::size_t layer);

}  // namespace sg
