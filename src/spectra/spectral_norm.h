// The largest singular value of a matrix A by Lanczos on A^T A, with a bound on its error from an explicit residual.
// Own thick restart (Wu and Simon 2000), full reorthogonalisation: docs/adr/0009. What the bound proves, and with what
// probability it is the largest (van Dorsselaer, Hochstenbach and van der Vorst 2000): docs/weights.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "kernel/kernels.h"

namespace sg {

/// out = A^T A v in floating point. Vectors have padded_columns(cols) entries, zero beyond cols.
struct GramOperator {
  std::size_t cols = 0;
  std::function<void(const double* v, double* out)> apply;
  double frobenius = 0;  // of A; not below the true value by more than rounding
  double rounding = 0;   // |computed - A^T A v| <= rounding for every |v| = 1
};

/// Over the draw of the start vector.
inline constexpr double kSpectralFailure = 1e-6;

struct SpectralOptions {
  double tolerance = 1e-6;        // of the bound, relative to the value
  std::size_t max_passes = 2000;  // applications of the operator; the bound tells how far it came
  std::size_t max_basis = 0;      // vectors kept before a restart; 0: as many as 64 MB hold, 24 to 160
  std::uint64_t seed = 1;         // of the start vector, uniform on the sphere
};

struct SpectralNorm {
  double value = 0;
  double error = 0;            // a singular value of A lies within value +- error, rounding included; not below
                               // tolerance * value unless |A|_F proves that the largest is nearer
  double residual = 0;         // what the residual alone proves: a singular value lies within value +- residual
  double at_most = 0;          // the largest is above this with a probability of at most kSpectralFailure
  std::size_t passes = 0;      // over the matrix
  bool converged = true;       // error <= tolerance * value
  std::vector<double> vector;  // the right singular vector, unit, (cols)
};

/// `a` may be the zero matrix or have one column. Same bits whatever the threads behind `a.apply`.
SpectralNorm spectral_norm(const GramOperator& a, const Kernels& kernels, const SpectralOptions& options);

}  // namespace sg
