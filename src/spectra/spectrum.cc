#include "spectra/spectrum.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernel/elementary.h"
#include "spectra/lapack.h"
#include "spectra/power_law.h"

namespace sg {
namespace {

constexpr int kPanelWidth = 32;                 // columns that dtpqrt reflects at once
constexpr std::size_t kLeafBytes = 128u << 20;  // of all leaves' factors and blocks
constexpr std::size_t kMostLeaves = 8;

/// Whoever asks for a spectrum has made sure of it.
const Lapack& loaded() {
  const Result<const Lapack*> table = lapack();
  SG_CHECK(table.ok(), "LAPACK is not at hand");
  return *table.value();
}

/// The matrix stood upright: `length` lines of n numbers, n the smaller dimension.
struct Upright {
  const StoredRows& w;
  const Kernels& kernels;
  bool by_rows = w.rows >= w.cols;
  std::size_t n = std::min(w.rows, w.cols), length = std::max(w.rows, w.cols);

  /// Lines [first, first + count) as a column-major (count x n) block.
  void copy(std::size_t first, std::size_t count, double* block) const {
    std::vector<float> row(padded_columns(w.cols));
    for (std::size_t r = 0; r < (by_rows ? count : n); ++r) {
      kernels.decode_row(w, by_rows ? first + r : r, row.data());
      if (by_rows) {
        for (std::size_t c = 0; c < n; ++c) block[c * count + r] = static_cast<double>(row[c]);
      } else {
        for (std::size_t i = 0; i < count; ++i) block[r * count + i] = static_cast<double>(row[first + i]);
      }
    }
  }
};

/// r := the triangular factor of [r; block], block column-major (rows x n), upper trapezoidal in its last `triangle`.
void fold_in(std::size_t size, std::vector<double>& r, double* block, std::size_t rows, std::size_t triangle) {
  const int m = static_cast<int>(rows), n = static_cast<int>(size), l = static_cast<int>(triangle);
  const int nb = std::min(kPanelWidth, n);
  std::vector<double> t(static_cast<std::size_t>(nb) * size), work(static_cast<std::size_t>(nb) * size);
  int info = 0;
  loaded().dtpqrt(&m, &n, &l, &nb, r.data(), &n, block, &m, t.data(), &nb, work.data(), &info);
  SG_CHECK(info == 0, "dtpqrt refused its arguments");
}

/// R of a QR of the whole matrix: leaves of contiguous lines, each block by block, then joined in order.
std::vector<double> triangular_factor(const Upright& a, ThreadPool& pool) {
  const std::size_t n = a.n, block = std::max<std::size_t>(64, n / 2);
  const std::size_t leaf_bytes = (n * n + block * n) * sizeof(double);
  const std::size_t fitting = std::max<std::size_t>(1, kLeafBytes / leaf_bytes);
  const std::size_t leaves = std::clamp<std::size_t>(a.length / (4 * n), 1, std::min(kMostLeaves, fitting));
  std::vector<std::vector<double>> r(leaves);
  pool.parallel_chunks(leaves, 1, [&](std::size_t begin, std::size_t end, int) {
    std::vector<double> lines(block * n);
    for (std::size_t leaf = begin; leaf < end; ++leaf) {
      r[leaf].assign(n * n, 0.0);
      const std::size_t last = a.length * (leaf + 1) / leaves;
      for (std::size_t at = a.length * leaf / leaves; at < last; at += block) {
        const std::size_t count = std::min(block, last - at);
        a.copy(at, count, lines.data());
        fold_in(n, r[leaf], lines.data(), count, 0);
      }
    }
  });
  for (std::size_t leaf = 1; leaf < leaves; ++leaf) fold_in(n, r[0], r[leaf].data(), n, n);
  return std::move(r[0]);
}

std::vector<double> singular_values_of(std::vector<double> r, std::size_t size) {
  const int n = static_cast<int>(size), one = 1;
  for (std::size_t c = 0; c < size; ++c) std::fill(r.begin() + c * size + c + 1, r.begin() + (c + 1) * size, 0.0);
  std::vector<double> s(size);
  std::vector<int> iwork(8 * size);
  double u = 0, vt = 0, wanted = 0;
  int info = 0, ask = -1;
  const Lapack& lapack = loaded();
  lapack.dgesdd("N", &n, &n, r.data(), &n, s.data(), &u, &one, &vt, &one, &wanted, &ask, iwork.data(), &info, 1);
  const int lwork = static_cast<int>(wanted);
  std::vector<double> work(static_cast<std::size_t>(lwork));
  lapack.dgesdd("N", &n, &n, r.data(), &n, s.data(), &u, &one, &vt, &one, work.data(), &lwork, iwork.data(), &info, 1);
  SG_CHECK(info == 0, "dgesdd did not converge");
  return s;
}

/// Minus the sum of p log p over p = x / sum x.
double entropy_of(const std::vector<double>& x) {
  double sum = 0.0, entropy = 0.0;
  for (const double value : x) sum += value;
  for (const double value : x) {
    const double p = value / sum;
    if (p > 0.0) entropy -= p * log_fixed(p);
  }
  return sum > 0.0 ? entropy : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Spectrum spectrum_of(std::vector<double> singular_values, std::size_t rows, std::size_t cols) {
  Spectrum s;
  const double top = singular_values.empty() ? 0.0 : singular_values.front();
  const double smallest = static_cast<double>(std::max(rows, cols)) * 0x1p-52 * top;
  std::vector<double> share, squares, eigenvalues;  // relative to the largest; as they are
  double sum = 0.0, sum_squares = 0.0;
  for (const double sigma : singular_values) {
    s.rank += sigma > smallest ? 1 : 0;
    share.push_back(sigma / top);
    squares.push_back(share.back() * share.back());
    eigenvalues.push_back(sigma * sigma);
    s.nuclear_norm += sigma;
    sum += squares.back();
    sum_squares += squares.back() * squares.back();
  }
  s.participation_ratio = sum * sum / sum_squares;
  s.entropy = entropy_of(squares);
  s.effective_rank = std::isnan(s.entropy) ? s.entropy : exp_fixed(entropy_of(share));
  s.power_law = fit_power_law(eigenvalues);
  s.singular_values = std::move(singular_values);
  return s;
}

Spectrum full_spectrum(const MatrixSource& m, const Kernels& kernels, ThreadPool& pool) {
  const Upright a = {.w = m.stored, .kernels = kernels};
  return spectrum_of(singular_values_of(triangular_factor(a, pool), a.n), m.rows(), m.cols());
}

}  // namespace sg
