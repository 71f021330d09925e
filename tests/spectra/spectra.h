// Matrices for the tests of weights: with singular values that are known, although the numbers are float32. The
// singular values of the rounded matrix come from one-sided Jacobi in long double, which owes nothing to the code
// under test and keeps the small ones' digits.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string_view>
#include <vector>

#include "kernel/stored_rows.h"
#include "spectra/stored_gram.h"

namespace sg::test {

/// Row-major; singular values descending where they were asked for.
struct Dense {
  std::size_t rows = 0, cols = 0;
  std::vector<float> values;
  std::vector<double> singular_values;
};

inline StoredRows stored(const std::vector<float>& values, std::size_t rows, std::size_t cols) {
  return {.data = reinterpret_cast<const std::byte*>(values.data()),
          .dtype = DType::kF32,
          .rows = rows,
          .cols = cols,
          .row_bytes = cols * sizeof(float)};
}

inline Dense random(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<float> normal(0.0f, 1.0f);
  Dense a{rows, cols, std::vector<float>(rows * cols), {}};
  for (float& x : a.values) x = normal(generator);
  return a;
}

/// Hestenes: rotates pairs of columns until all are orthogonal; their lengths are the singular values.
inline std::vector<double> jacobi_singular_values(const std::vector<float>& values, std::size_t rows,
                                                  std::size_t cols) {
  const bool wide = cols > rows;
  const std::size_t n = wide ? rows : cols, m = wide ? cols : rows;
  std::vector<std::vector<long double>> column(n, std::vector<long double>(m));
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < cols; ++c) {
      const auto x = static_cast<long double>(values[r * cols + c]);
      wide ? column[r][c] = x : column[c][r] = x;
    }
  }
  const auto dot = [&](std::size_t p, std::size_t q) {
    long double sum = 0;
    for (std::size_t i = 0; i < m; ++i) sum += column[p][i] * column[q][i];
    return sum;
  };
  bool rotated = true;
  for (int sweep = 0; rotated && sweep < 60; ++sweep) {
    rotated = false;
    for (std::size_t p = 0; p + 1 < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        const long double a = dot(p, p), b = dot(q, q), c = dot(p, q);
        if (std::fabs(c) <= 1e-18L * std::sqrt(a * b)) continue;
        rotated = true;
        const long double zeta = (b - a) / (2 * c);
        const long double t = (zeta >= 0 ? 1 : -1) / (std::fabs(zeta) + std::sqrt(1 + zeta * zeta));
        const long double cosine = 1 / std::sqrt(1 + t * t), sine = cosine * t;
        for (std::size_t i = 0; i < m; ++i) {
          const long double x = column[p][i], y = column[q][i];
          column[p][i] = cosine * x - sine * y;
          column[q][i] = sine * x + cosine * y;
        }
      }
    }
  }
  std::vector<double> out;
  for (std::size_t p = 0; p < n; ++p) out.push_back(static_cast<double>(std::sqrt(dot(p, p))));
  std::sort(out.rbegin(), out.rend());
  return out;
}

/// A spectrum by its i-th value of n, for a matrix of a shape.
struct Known {
  std::string_view name;
  std::size_t rows, cols;
  std::function<double(std::size_t i, std::size_t n)> sigma;
};

inline std::vector<Known> known_spectra() {
  const auto at = [](std::size_t i) { return static_cast<double>(i); };
  return {
      {"separated", 60, 24, [at](std::size_t i, std::size_t) { return 1.0 / (1 + at(i)); }},
      {"wide", 24, 60, [at](std::size_t i, std::size_t) { return 1.0 / (1 + at(i)); }},
      {"clustered", 80, 40, [at](std::size_t i, std::size_t n) { return i < n / 2 ? 1.0 - 1e-4 * at(i) : 0.3; }},
      {"all_equal", 50, 30, [](std::size_t, std::size_t) { return 2.0; }},
      {"rank_one", 40, 30, [](std::size_t i, std::size_t) { return i == 0 ? 3.0 : 0.0; }},
      {"two_values", 40, 30, [](std::size_t i, std::size_t) { return i < 15 ? 1.0 : 1e-3; }},
      {"gap_1e_8", 90, 30, [at](std::size_t i, std::size_t) { return i == 0   ? 1 + 1e-8
                                                                     : i == 1 ? 1.0
                                                                              : 0.5 / at(i); }},
      {"slow_decay", 96, 48, [at](std::size_t i, std::size_t n) { return 1.0 - 0.5 * at(i) / static_cast<double>(n); }},
      {"fast_decay", 64, 32, [at](std::size_t i, std::size_t) { return std::pow(10.0, -at(i)); }},
      {"huge", 40, 20, [at](std::size_t i, std::size_t) { return 1e37 / (1 + at(i)); }},
      {"tiny", 40, 20, [at](std::size_t i, std::size_t) { return 1e-36 / (1 + at(i)); }},
      {"one_row", 1, 33, [](std::size_t, std::size_t) { return 5.0; }},
      {"one_column", 33, 1, [](std::size_t, std::size_t) { return 5.0; }},
  };
}

/// U diag(sigma) V^T with random orthogonal U and V (products of Householder reflections), rounded to float32, with
/// the singular values of what it was rounded to.
inline Dense with_singular_values(const Known& known, std::uint64_t seed) {
  const std::size_t m = known.rows, n = known.cols, k = std::min(m, n);
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  std::vector<double> a(m * n, 0.0);
  for (std::size_t i = 0; i < k; ++i) a[i * n + i] = known.sigma(i, k);
  const auto reflect = [&](std::size_t count, std::size_t length, std::size_t line, std::size_t step) {
    for (int times = 0; times < 12; ++times) {
      std::vector<double> u(length);
      double squares = 0;
      for (double& x : u) {
        x = normal(generator);
        squares += x * x;
      }
      for (std::size_t j = 0; j < count; ++j) {
        double sum = 0;
        for (std::size_t i = 0; i < length; ++i) sum += u[i] * a[j * line + i * step];
        for (std::size_t i = 0; i < length; ++i) a[j * line + i * step] -= 2 * sum / squares * u[i];
      }
    }
  };
  if (m > 1) reflect(n, m, 1, n);
  if (n > 1) reflect(m, n, n, 1);
  Dense out{m, n, std::vector<float>(a.begin(), a.end()), {}};
  out.singular_values = jacobi_singular_values(out.values, m, n);
  return out;
}

}  // namespace sg::test
