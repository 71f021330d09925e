// What the tests of the device's side share: the emulated device beside the best kernels of the processor.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "cuda/emulated_device.h"
#include "cuda/operations.h"
#include "kernel/support.h"

namespace sg::test {

/// Equal bits; one NaN is as good as another.
inline bool same(float a, float b) { return bits_of(a) == bits_of(b) || (std::isnan(a) && std::isnan(b)); }
inline bool same(double a, double b) { return bits_of(a) == bits_of(b) || (std::isnan(a) && std::isnan(b)); }
inline bool same(ConstMatrixView a, ConstMatrixView b) {
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < a.cols; ++c) {
      if (!same(a.row(r)[c], b.row(r)[c])) return false;
    }
  }
  return true;
}

/// Numbers of a seed.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : generator_(seed) {}
  std::size_t operator()(std::size_t low, std::size_t high) {
    return std::uniform_int_distribution<std::size_t>(low, high)(generator_);
  }
  bool coin() { return operator()(0, 1) == 1; }
  std::uint64_t seed() { return generator_(); }

 private:
  std::mt19937_64 generator_;
};

/// Puts zeros of both signs, subnormal and large numbers into a matrix of normal ones; infinities and NaN on demand.
inline void spice(MatrixView m, Draw& draw, bool finite) {
  const float odd[] = {0.0f, -0.0f, 1e-40f, -1e-40f, 1e30f, -1e30f, INFINITY, -INFINITY, NAN};
  for (std::size_t i = 0; i < m.rows * m.cols / 16 + 1; ++i)
    m.row(draw(0, m.rows - 1))[draw(0, m.cols - 1)] = odd[draw(0, finite ? 5 : 8)];
}

inline Guarded random_matrix(std::size_t rows, std::size_t cols, Draw& draw) {
  Guarded m(rows, cols, draw(0, 9), draw(0, 3));
  fill_normal(m.view(), draw.seed());
  return m;
}
inline std::vector<float> random_row(std::size_t n, Draw& draw) {
  std::vector<float> row(n);
  fill_normal({row.data(), 1, n, n}, draw.seed());
  return row;
}

/// The kernels whose bits the device has to have.
class OnDevice : public testing::Test {
 protected:
  void SetUp() override {
    if (!k.has_fma) GTEST_SKIP() << "no instruction set with fused multiply-adds here";
  }
  const Kernels& k = *kernels_for("").value();
  cuda::EmulatedDevice device;
};

}  // namespace sg::test
