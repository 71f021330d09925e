// A stored matrix as the operator A^T A of spectral_norm: one fused pass over its rows per application, shared out
// over fixed chunks of rows whose sums are added in ascending order, so that bits do not depend on the threads.
#pragma once

#include <vector>

#include "base/thread_pool.h"
#include "kernel/kernels.h"
#include "spectra/spectral_norm.h"

namespace sg {

/// Chunks of rows, a function of the shape alone. Chunk c is rows [c * rows_each, min(rows, (c + 1) * rows_each)).
struct RowChunks {
  std::size_t rows = 0, rows_each = 0, count = 0;
  std::size_t begin(std::size_t c) const { return c * rows_each; }
  std::size_t end(std::size_t c) const { return begin(c) + rows_each < rows ? begin(c) + rows_each : rows; }
};
RowChunks row_chunks(const StoredRows& w);

/// Refers to the kernels, the pool and the stored bytes. Small matrices are decoded once and kept (at most 32 MB).
class StoredGram {
 public:
  StoredGram(const StoredRows& w, const Kernels& kernels, ThreadPool& pool);
  StoredGram(const StoredGram&) = delete;
  StoredGram& operator=(const StoredGram&) = delete;

  /// `frobenius`: of the matrix. Valid as long as this object.
  GramOperator with_norm(double frobenius);

 private:
  void apply(const double* v, double* out);

  std::size_t cols_;
  StoredRows w_;
  const Kernels& kernels_;
  ThreadPool& pool_;
  RowChunks chunks_;
  std::vector<float> decoded_;  // empty: rows are read as stored
  std::vector<double> sums_;    // (chunks x padded columns)
};

}  // namespace sg
