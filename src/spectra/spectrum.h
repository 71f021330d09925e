// All singular values of a stored matrix: a streamed QR to the square factor R, then LAPACK's SVD of R. Not the roots
// of Gram eigenvalues, which lose half of the digits of the small ones.
#pragma once

#include "base/thread_pool.h"
#include "kernel/kernels.h"
#include "spectra/matrix_stats.h"

namespace sg {

/// Of a finite matrix; lapack() must be at hand. Memory: a few squares of the smaller dimension in double. The bits
/// depend on the kernels that OpenBLAS picks for the processor, never on the number of threads.
Spectrum full_spectrum(const MatrixSource& matrix, const Kernels& kernels, ThreadPool& pool);

/// Descending singular values of a (rows x cols) matrix; ratios are NaN for the zero matrix.
Spectrum spectrum_of(std::vector<double> singular_values, std::size_t rows, std::size_t cols);

}  // namespace sg
