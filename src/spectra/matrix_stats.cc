#include "spectra/matrix_stats.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>

#include "spectra/stored_gram.h"

namespace sg {
namespace {

constexpr double kNoSpread = std::numeric_limits<double>::quiet_NaN();  // a standard deviation of one number

/// Mean of |x| over the first row: an origin near the mean keeps the digits of the standard deviation.
double abs_origin(const StoredRows& w, const Kernels& kernels) {
  std::vector<float> row(padded_columns(w.cols));
  kernels.decode_row(w, 0, row.data());
  double sum = 0.0;
  for (std::size_t i = 0; i < w.cols; ++i) sum += std::fabs(static_cast<double>(row[i]));
  const double mean = sum / static_cast<double>(w.cols);
  return std::isfinite(mean) ? mean : 0.0;
}

struct Sums {
  std::vector<double> row_squares, column_squares;  // of the stored rows and columns
  AbsSums abs;
};

Sums sums_over(const MatrixSource& m, const Kernels& kernels, ThreadPool& pool, double origin) {
  const StoredRows& w = m.stored;
  const std::size_t n = padded_columns(w.cols);
  const RowChunks chunks = row_chunks(w);
  std::vector<double> columns(m.transposed ? chunks.count * n : 0);
  std::vector<AbsSums> abs(chunks.count);
  Sums out;
  out.row_squares.resize(w.rows);
  pool.parallel_chunks(chunks.count, 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t c = begin; c < end; ++c) {
      double* own_columns = m.transposed ? columns.data() + c * n : nullptr;
      kernels.row_sums(w, chunks.begin(c), chunks.end(c), origin, out.row_squares.data(), own_columns, abs[c]);
    }
  });
  if (m.transposed) out.column_squares.assign(w.cols, 0.0);
  for (std::size_t c = 0; c < chunks.count; ++c) {
    out.abs.shift += abs[c].shift;
    out.abs.shift_squares += abs[c].shift_squares;
    for (std::size_t i = 0; i < out.column_squares.size(); ++i) out.column_squares[i] += columns[c * n + i];
  }
  return out;
}

/// Scans the rows whose squares are not finite; positions are those of the logical matrix, in its row-major order.
std::optional<NonFinite> find_non_finite(const MatrixSource& m, const Kernels& kernels,
                                         const std::vector<double>& row_squares) {
  std::optional<NonFinite> first;
  std::uint64_t count = 0;
  std::vector<float> row(padded_columns(m.stored.cols));
  for (std::size_t r = 0; r < m.stored.rows; ++r) {
    if (std::isfinite(row_squares[r])) continue;
    kernels.decode_row(m.stored, r, row.data());
    for (std::size_t c = 0; c < m.stored.cols; ++c) {
      if (std::isfinite(row[c])) continue;
      ++count;
      NonFinite here = {.row = r, .col = c, .value = static_cast<double>(row[c])};
      if (m.transposed) std::swap(here.row, here.col);
      const bool earlier = !first || here.row < first->row || (here.row == first->row && here.col < first->col);
      if (earlier) first = here;
    }
  }
  if (first) first->count = count;
  return first;
}

void set_row_norms(const std::vector<double>& squares, MatrixStatistics& s) {
  const double n = static_cast<double>(squares.size());
  double sum = 0.0;
  s.max_row_norm = s.min_row_norm = std::sqrt(squares[0]);
  for (const double square : squares) {
    const double norm = std::sqrt(square);
    sum += norm;
    s.max_row_norm = std::max(s.max_row_norm, norm);
    s.min_row_norm = std::min(s.min_row_norm, norm);
  }
  s.mean_row_norm = sum / n;
  double spread = 0.0;
  for (const double square : squares) {
    const double distance = std::sqrt(square) - s.mean_row_norm;
    spread += distance * distance;
  }
  s.std_row_norm = squares.size() > 1 ? std::sqrt(spread / (n - 1)) : kNoSpread;
}

}  // namespace

MatrixNorms matrix_norms(const MatrixSource& m, const Kernels& kernels, ThreadPool& pool) {
  MatrixNorms out;
  MatrixStatistics& s = out.statistics;
  s.rows = m.rows();
  s.cols = m.cols();
  const double origin = abs_origin(m.stored, kernels);
  const Sums sums = sums_over(m, kernels, pool, origin);
  out.non_finite = find_non_finite(m, kernels, sums.row_squares);
  if (out.non_finite) return out;
  double total = 0.0;
  for (const double square : sums.row_squares) total += square;
  s.frobenius_norm = std::sqrt(total);
  set_row_norms(m.transposed ? sums.column_squares : sums.row_squares, s);
  const double n = static_cast<double>(s.rows * s.cols), mean_shift = sums.abs.shift / n;
  s.mean_abs = origin + mean_shift;
  const double spread = std::max(0.0, sums.abs.shift_squares - sums.abs.shift * mean_shift);
  s.std_abs = n > 1 ? std::sqrt(spread / (n - 1)) : kNoSpread;
  return out;
}

MeasuredMatrix measure_matrix(const MatrixSource& m, const Kernels& kernels, ThreadPool& pool,
                              const SpectralOptions& options) {
  MatrixNorms norms = matrix_norms(m, kernels, pool);
  if (norms.non_finite) return {.non_finite = norms.non_finite};
  MatrixStatistics& s = norms.statistics;
  const auto start = std::chrono::steady_clock::now();
  StoredGram gram(m.stored, kernels, pool);
  const SpectralNorm top = spectral_norm(gram.with_norm(s.frobenius_norm), kernels, options);
  s.spectral_norm = top.value;
  s.spectral_norm_error = top.error;
  s.spectral_passes = top.passes;
  s.spectral_converged = top.converged;
  s.spectral_residual = top.residual;
  s.spectral_at_most = top.at_most;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return {.statistics = std::move(s), .spectral_seconds = seconds};
}

bool all_close(const MatrixSource& a, const MatrixSource& b, const Kernels& kernels, ThreadPool& pool) {
  if (a.transposed != b.transposed || a.stored.rows != b.stored.rows || a.stored.cols != b.stored.cols) return false;
  constexpr double kAbsolute = 1e-3, kRelative = 1e-5;
  std::atomic<bool> close = true;
  pool.parallel_for(a.stored.rows, 1, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> x(padded_columns(a.stored.cols)), y(x.size());
    for (std::size_t r = begin; r < end && close.load(std::memory_order_relaxed); ++r) {
      kernels.decode_row(a.stored, r, x.data());
      kernels.decode_row(b.stored, r, y.data());
      for (std::size_t c = 0; c < a.stored.cols; ++c) {
        const double p = static_cast<double>(x[c]), q = static_cast<double>(y[c]);
        if (p == q) continue;  // also equal infinities, as torch has it
        if (!(std::fabs(p - q) <= kAbsolute + kRelative * std::fabs(q)) || std::isinf(q)) close = false;
      }
    }
  });
  return close;
}

}  // namespace sg
