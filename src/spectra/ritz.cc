#include "spectra/ritz.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace sg {
namespace {

/// Diagonal a and off-diagonal b of a symmetric tridiagonal matrix; b[i] stands between i and i + 1.
struct Tridiagonal {
  std::vector<double> a, b;

  explicit Tridiagonal(const RitzMatrix& h) {
    for (std::size_t i = 0; i < h.size(); ++i) {
      a.push_back(h.at(i, i));
      if (i + 1 < h.size()) b.push_back(h.at(i, i + 1));
    }
  }

  /// Sylvester: as many eigenvalues lie above x as pivots of T - x I are positive.
  bool has_eigenvalue_above(double x) const {
    double pivot = a[0] - x;
    for (std::size_t i = 1; pivot <= 0.0 && i < a.size(); ++i) {
      if (pivot == 0.0) return true;  // x is an eigenvalue of a leading block, so T has one not below it
      pivot = a[i] - x - b[i - 1] * b[i - 1] / pivot;
    }
    return pivot > 0.0;
  }

  /// By bisection to the last bit between Gershgorin's bounds.
  double largest_eigenvalue() const {
    double low = *std::max_element(a.begin(), a.end()), high = low;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double radius = (i > 0 ? std::fabs(b[i - 1]) : 0.0) + (i + 1 < a.size() ? std::fabs(b[i]) : 0.0);
      high = std::max(high, a[i] + radius);
    }
    for (;;) {
      const double middle = low + (high - low) / 2;
      if (!(middle > low && middle < high)) return high;
      (has_eigenvalue_above(middle) ? low : high) = middle;
    }
  }
};

RitzEstimate last_entry(const Tridiagonal& t) {
  const double value = t.largest_eigenvalue();
  // (T - value) s = 0 from the last entry upwards, where s grows: stable.
  double below = 0.0, here = 1.0, squares = 1.0;
  for (std::size_t i = t.a.size() - 1; i > 0; --i) {
    const double above = ((value - t.a[i]) * here - (i + 1 < t.a.size() ? t.b[i] * below : 0.0)) / t.b[i - 1];
    below = here;
    here = above;
    squares += here * here;
  }
  return {value, 1.0 / std::sqrt(squares)};
}

/// |p(x)| > most for the Lanczos polynomial p of degree size, p = 1 at degree 0; x above every root.
bool polynomial_exceeds(const Tridiagonal& t, double next, double most, double x) {
  double before = 0.0, here = 1.0;
  for (std::size_t i = 0; i < t.a.size() && here <= most; ++i) {
    const double beta = i + 1 < t.a.size() ? t.b[i] : next;
    const double after = ((x - t.a[i]) * here - (i > 0 ? t.b[i - 1] * before : 0.0)) / beta;
    before = here;
    here = after;
  }
  return here > most;
}

}  // namespace

void RitzMatrix::append(double diagonal) {
  SG_CHECK(size_ < capacity_, "the basis is full");
  for (std::size_t i = 0; i < coupling_.size(); ++i) at(i, size_) = at(size_, i) = coupling_[i];
  coupling_.clear();
  at(size_, size_) = diagonal;
  ++size_;
}

void RitzMatrix::couple(double next) {
  coupling_.assign(size_, 0.0);
  coupling_.back() = next;
}

RitzEstimate RitzMatrix::estimate() const {
  if (kept_ == 0) return last_entry(Tridiagonal(*this));
  const Pairs top = largest(1);
  return {top.values[0], std::fabs(top.vectors[0].back())};
}

double RitzMatrix::reach(double next, double most, double limit) const {
  SG_CHECK(kept_ == 0, "the polynomials are those of an unrestarted run");
  const Tridiagonal t(*this);
  double low = t.largest_eigenvalue(), high = limit;
  if (next == 0.0) return low;
  if (!polynomial_exceeds(t, next, most, high)) return high;
  for (;;) {
    const double middle = low + (high - low) / 2;
    if (!(middle > low && middle < high)) return high;
    (polynomial_exceeds(t, next, most, middle) ? high : low) = middle;
  }
}

RitzMatrix::Pairs RitzMatrix::largest(std::size_t count) const {
  const auto n = static_cast<Eigen::Index>(size_);
  Eigen::MatrixXd h(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) h(i, j) = at(static_cast<std::size_t>(i), static_cast<std::size_t>(j));
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(h);
  Pairs pairs;
  for (Eigen::Index p = n - 1; p >= 0 && pairs.values.size() < count; --p) {  // Eigen sorts ascending
    pairs.values.push_back(solver.eigenvalues()(p));
    const auto column = solver.eigenvectors().col(p);
    pairs.vectors.emplace_back(column.begin(), column.end());
  }
  return pairs;
}

void RitzMatrix::restart(const Pairs& pairs, double residual) {
  std::fill(h_.begin(), h_.end(), 0.0);
  coupling_.clear();
  kept_ = size_ = pairs.values.size();
  for (std::size_t i = 0; i < kept_; ++i) {
    at(i, i) = pairs.values[i];
    coupling_.push_back(residual * pairs.vectors[i].back());
  }
}

}  // namespace sg
