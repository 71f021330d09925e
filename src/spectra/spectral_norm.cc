#include "spectra/spectral_norm.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/counter_rng.h"
#include "kernel/elementary.h"
#include "spectra/ritz.h"

namespace sg {
namespace {

constexpr double kUnit = 0x1p-53;  // unit roundoff of double
constexpr double kPi = 3.14159265358979323846;
constexpr std::size_t kBasisBytes = 64u << 20;    // keeps the whole command under 200 MB beside the mapping
constexpr std::size_t kFewest = 24, kMost = 160;  // fewer restart too often; more cost more than they save
constexpr std::size_t kMostProducts = 16;         // kept for the certificate; in longer runs one more pass is cheap
constexpr double kDropped = 0.7;  // a sweep that removes more than this needs another (Kahan: twice is enough)

/// Basis vectors, one after another, padded_columns each.
class Basis {
 public:
  Basis(std::size_t cols, const Kernels& kernels) : n_(padded_columns(cols)), kernels_(kernels) {}

  std::size_t size() const { return data_.size() / n_; }
  double* at(std::size_t i) { return data_.data() + i * n_; }
  void append(const std::vector<double>& v, double factor) {
    for (const double x : v) data_.push_back(x * factor);
  }
  double norm(const std::vector<double>& v) const { return std::sqrt(kernels_.dot_doubles(v.data(), v.data(), n_)); }

  /// Takes the basis' parts out of w; gives what is left of its length.
  double orthogonalise(std::vector<double>& w) {
    double before = norm(w);
    for (;;) {
      std::vector<double> part(size());
      for (std::size_t i = 0; i < part.size(); ++i) part[i] = kernels_.dot_doubles(at(i), w.data(), n_);
      for (std::size_t i = 0; i < part.size(); ++i) kernels_.add_multiple(-part[i], at(i), w.data(), n_);
      const double after = norm(w);
      if (after > kDropped * before || after == 0.0) return after;
      if (after < kUnit * before) return 0.0;
      before = after;
    }
  }

  std::vector<double> combine(const std::vector<double>& s) {
    std::vector<double> y(n_, 0.0);
    for (std::size_t i = 0; i < s.size(); ++i) kernels_.add_multiple(s[i], at(i), y.data(), n_);
    return y;
  }
  void replace(const std::vector<std::vector<double>>& vectors) {
    data_.clear();
    for (const std::vector<double>& v : vectors) append(v, 1.0);
  }

 private:
  std::size_t n_;
  const Kernels& kernels_;
  std::vector<double> data_;
};

/// Normal deviates by Box and Muller: the direction is uniform on the sphere.
std::vector<double> random_vector(std::size_t cols, std::uint64_t seed) {
  const CounterRng rng(seed);
  std::vector<double> v(padded_columns(cols), 0.0);
  for (std::size_t i = 0; i < cols; i += 2) {
    const double radius = std::sqrt(-2.0 * log_fixed(1.0 - rng.uniform(i)));
    const SinCos turn = sin_cos(2.0 * kPi * rng.uniform(i + 1));
    v[i] = radius * turn.cos;
    if (i + 1 < cols) v[i + 1] = radius * turn.sin;
  }
  return v;
}

class Lanczos {
 public:
  Lanczos(const GramOperator& a, const Kernels& kernels, const SpectralOptions& options)
      : a_(a),
        kernels_(kernels),
        options_(options),
        n_(padded_columns(a.cols)),
        capacity_(capacity(a.cols, options.max_basis)),
        basis_(a.cols, kernels),
        products_(a.cols, kernels),
        ritz_(capacity_),
        w_(n_) {}

  SpectralNorm run() {
    w_ = random_vector(a_.cols, options_.seed);
    residual_ = basis_.norm(w_);
    double target = options_.tolerance;
    for (;;) {
      if (ritz_.size() == capacity_) restart();
      step();
      const RitzEstimate top = ritz_.estimate();
      const double relative = residual_ * top.last / (2 * top.value);   // of the singular value, to first order
      const bool closed = residual_ == 0.0 || ritz_.size() == a_.cols;  // the basis spans an invariant subspace
      const bool free_next = has_products() && products_.size() < std::min(kMostProducts, capacity_);
      const bool spent = passes_ + (free_next ? 0 : 1) >= options_.max_passes;  // after one more step and its check
      if (relative > target && !closed && !spent) continue;
      SpectralNorm found = certify();
      if (found.converged || closed || spent || target < kUnit) return found;
      target *= 0.1;  // the estimate was too kind
    }
  }

 private:
  static std::size_t capacity(std::size_t cols, std::size_t asked) {
    const std::size_t fitting = kBasisBytes / (padded_columns(cols) * sizeof(double));
    return asked > 0 ? std::max<std::size_t>(asked, 3) : std::clamp(fitting, kFewest, kMost);
  }

  /// v_k = w / |w|;  w = A^T A v_k, freed of the basis.
  void step() {
    basis_.append(w_, 1.0 / residual_);
    const double* v = basis_.at(basis_.size() - 1);
    apply(v, w_);
    if (!ritz_.restarted() && products_.size() < kMostProducts) products_.append(w_, 1.0);
    ritz_.append(kernels_.dot_doubles(v, w_.data(), n_));
    residual_ = basis_.orthogonalise(w_);
    ritz_.couple(residual_);
  }

  /// Keeps the best third of the Ritz vectors; w stays the next direction.
  void restart() {
    note_reach();
    const RitzMatrix::Pairs kept = ritz_.largest(std::max<std::size_t>(1, capacity_ / 3));
    std::vector<std::vector<double>> vectors;
    for (const std::vector<double>& s : kept.vectors) vectors.push_back(basis_.combine(s));
    basis_.replace(vectors);
    ritz_.restart(kept, residual_);
  }

  /// The start vector's part along the largest's singular vector is below c with a probability of at most
  /// c sqrt(2 n / pi); with more, the next Lanczos polynomial bounds the largest eigenvalue.
  void note_reach() {
    if (ritz_.restarted()) return;
    const double c = a_.cols == 1 ? 1.0 : kSpectralFailure * std::sqrt(kPi / (2.0 * static_cast<double>(a_.cols)));
    most_ = ritz_.reach(residual_, 1.0 / c, a_.frobenius * a_.frobenius);
  }

  void apply(const double* v, std::vector<double>& out) {
    a_.apply(v, out.data());
    ++passes_;
  }

  /// Every product A^T A v_k of the basis is at hand.
  bool has_products() const { return !ritz_.restarted() && products_.size() == basis_.size(); }

  /// g = A^T A y with |error| <= error, for the unit Ritz vector y: the same sum of products as y is of the basis
  /// where all are at hand, else one more pass.
  struct Product {
    std::vector<double> y, g;
    double error;
  };
  Product product_of_ritz_vector() {
    const std::vector<double> s = ritz_.largest(1).vectors[0];
    Product p = {basis_.combine(s), std::vector<double>(n_), a_.rounding};
    const double length = basis_.norm(p.y);
    for (double& x : p.y) x /= length;
    if (!has_products()) {
      apply(p.y.data(), p.g);
      return p;
    }
    p.g = products_.combine(s);
    for (double& x : p.g) x /= length;
    double weight = 0.0;
    for (const double x : s) weight += std::fabs(x) / length;
    const double units = 2.0 * (static_cast<double>(s.size()) + 4.0) * kUnit;  // of both sums, relative to their terms
    p.error = 1.01 * weight * (a_.rounding + units * a_.frobenius * a_.frobenius);
    return p;
  }

  /// rho = y.g / y.y, and |g - rho y| bounds the distance from rho to an eigenvalue of A^T A. Nothing of the
  /// recurrence is trusted.
  SpectralNorm certify() {
    SpectralNorm out;
    auto [y, g, error] = product_of_ritz_vector();
    const double rho = std::max(0.0, kernels_.dot_doubles(y.data(), g.data(), n_));
    kernels_.add_multiple(-rho, y.data(), g.data(), n_);
    const double distance = basis_.norm(g) * (1 + static_cast<double>(n_) * kUnit) + error;
    out.value = std::sqrt(rho);
    out.residual = error_of_root(rho, distance);
    // A narrow cluster's mean may have a residual below its distance from the largest, which lies between the value
    // and the Frobenius norm.
    const double room = std::max(0.0, a_.frobenius - out.value) + root_rounding(rho);
    out.error = std::min(std::max(out.residual, options_.tolerance * out.value), room);
    note_reach();
    out.at_most = std::min(std::sqrt(most_) + root_rounding(rho), out.value + room);
    out.passes = passes_;
    out.converged = out.error <= options_.tolerance * out.value;
    y.resize(a_.cols);
    out.vector = std::move(y);
    return out;
  }

  /// |sqrt(lambda) - sqrt(rho)| for |lambda - rho| <= distance.
  static double error_of_root(double rho, double distance) {
    const double root = std::sqrt(rho);
    const double below = rho > distance ? distance / (root + std::sqrt(rho - distance)) : root;
    const double above = std::sqrt(rho + distance) - root;
    return std::max(below, above) * (1 + 4 * kUnit) + 2 * kUnit * root;
  }
  double root_rounding(double rho) const {
    return rho > 0 ? a_.rounding / std::sqrt(rho) + 4 * kUnit * a_.frobenius : a_.frobenius;
  }

  const GramOperator& a_;
  const Kernels& kernels_;
  const SpectralOptions& options_;
  std::size_t n_, capacity_;
  Basis basis_, products_;  // v_k and the first of A^T A v_k
  RitzMatrix ritz_;
  std::vector<double> w_;
  double residual_ = 0;  // length of w
  std::size_t passes_ = 0;
  double most_ = std::numeric_limits<double>::infinity();  // of the largest eigenvalue, probably
};

}  // namespace

SpectralNorm spectral_norm(const GramOperator& a, const Kernels& kernels, const SpectralOptions& options) {
  SG_CHECK(a.cols > 0, "a matrix without columns has no spectral norm");
  SG_CHECK(std::isfinite(a.frobenius), "the matrix has a value that is not finite");
  if (a.frobenius == 0.0) {
    SpectralNorm zero;
    zero.vector.assign(a.cols, 0.0);
    zero.vector[0] = 1.0;
    return zero;
  }
  return Lanczos(a, kernels, options).run();
}

}  // namespace sg
