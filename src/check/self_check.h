// The program's own check: built-in tiny models against float64 references made by another implementation, and
// the promises of equal bits, on this machine.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace sg {

/// One line of the result. Errors are relative; absent: not applicable here.
struct CheckOutcome {
  std::string model;  // "gemma3-multimodal"
  std::string family, format;
  double stream_error = 0;  // token norms of embed, resid_*, ln_final
  double branch_error = 0;  // attn_out, mlp_out
  double entropy_error = 0;
  std::optional<double> identity_error;
  bool threads_equal = false;      // 1 and 2 threads
  bool packing_equal = false;      // one prompt alone and among the others
  std::optional<bool> isas_equal;  // all sets with fused multiply-add; absent with fewer than two
  std::string failure;             // the model could not be measured at all

  bool ok() const;
};

// What float32 arithmetic costs these models, with room: PyTorch's own float32 errors are about half as large.
inline constexpr double kStreamTolerance = 5e-6;
inline constexpr double kBranchTolerance = 5e-5;  // a branch may cancel to far less than what it sums
inline constexpr double kEntropyTolerance = 5e-5;
inline constexpr double kIdentityTolerance = 1e-5;

/// `stop` is polled between layers. Errors: no temporary folder, interrupted.
Result<std::vector<CheckOutcome>> run_self_check(const std::atomic<bool>& stop);

}  // namespace sg
