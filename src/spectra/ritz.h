// The small symmetric matrix H = V^T A^T A V that Lanczos builds, and its largest eigenpair.
#pragma once

#include <cstddef>
#include <vector>

namespace sg {

/// The largest eigenvalue of H and its eigenvector's last entry.
struct RitzEstimate {
  double value = 0;
  double last = 0;  // |last entry| of the unit eigenvector
};

/// Grows by one row per step: after a restart an arrow of `kept` rows, then tridiagonal.
class RitzMatrix {
 public:
  explicit RitzMatrix(std::size_t capacity) : capacity_(capacity), h_(capacity * capacity, 0.0) {}

  std::size_t size() const { return size_; }
  double at(std::size_t i, std::size_t j) const { return h_[i * capacity_ + j]; }
  /// Appends the diagonal entry of the next basis vector.
  void append(double diagonal);
  /// The entry between the last vector and the one to come; call after append, before the next.
  void couple(double next);

  RitzEstimate estimate() const;
  /// Before any restart: the x above the largest eigenvalue at which the next Lanczos polynomial reaches `most`; at
  /// most `limit`. A start vector whose part along an eigenvector is above 1 / most has no eigenvalue beyond x.
  double reach(double next, double most, double limit) const;
  bool restarted() const { return kept_ > 0; }
  /// Unit eigenvectors of the `count` largest eigenvalues, largest first, size() entries each.
  struct Pairs {
    std::vector<double> values;
    std::vector<std::vector<double>> vectors;
  };
  Pairs largest(std::size_t count) const;
  /// Starts again from the pairs: diagonal values, coupled to the vector to come by residual * last entries.
  void restart(const Pairs& pairs, double residual);

 private:
  double& at(std::size_t i, std::size_t j) { return h_[i * capacity_ + j]; }

  std::size_t capacity_, size_ = 0, kept_ = 0;
  std::vector<double> h_;         // (capacity x capacity), both triangles
  std::vector<double> coupling_;  // of the vector to come with each of the basis
};

}  // namespace sg
