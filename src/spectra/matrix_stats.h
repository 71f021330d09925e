// Statistics of one stored matrix, exact to double: what docs/weights.md defines. One pass over the rows for the
// sums, then Lanczos for the spectral norm.
#pragma once

#include <optional>
#include <vector>

#include "base/thread_pool.h"
#include "kernel/kernels.h"
#include "spectra/spectral_norm.h"
#include "spectra/weight_row.h"

namespace sg {

/// A logical matrix (rows x cols) = (outputs x inputs). `transposed`: the stored rows are its columns.
struct MatrixSource {
  StoredRows stored;
  bool transposed = false;
  std::size_t rows() const { return transposed ? stored.cols : stored.rows; }
  std::size_t cols() const { return transposed ? stored.rows : stored.cols; }
};

/// All but the spectral norm. Undefined, with the first position, when a number is infinite or NaN.
struct MatrixNorms {
  MatrixStatistics statistics;
  std::optional<NonFinite> non_finite;
};
MatrixNorms matrix_norms(const MatrixSource& matrix, const Kernels& kernels, ThreadPool& pool);

/// Everything; `statistics` is absent where a number is not finite.
struct MeasuredMatrix {
  std::optional<MatrixStatistics> statistics;
  std::optional<NonFinite> non_finite;
  double spectral_seconds = 0;
};
MeasuredMatrix measure_matrix(const MatrixSource& matrix, const Kernels& kernels, ThreadPool& pool,
                              const SpectralOptions& options);

/// torch.allclose(a, b, atol=1e-3): |a - b| <= 1e-3 + 1e-5 |b| everywhere, in double; false for other shapes.
bool all_close(const MatrixSource& a, const MatrixSource& b, const Kernels& kernels, ThreadPool& pool);

}  // namespace sg
