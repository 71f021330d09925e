// Differences of matrices: against sums over every number and a dense SVD, whatever way either side is stored.
#include "spectra/weight_differences.h"

#include <gtest/gtest.h>

#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <filesystem>

namespace sg {
namespace {

namespace fs = std::filesystem;

const fs::path kGoldens = fs::path(SG_TEST_DATA) / "golden";

Eigen::MatrixXd dense(const WeightMatrix& m) {
  const std::size_t rows = m.source.rows(), cols = m.source.cols();
  Eigen::MatrixXd out(rows, cols);
  std::vector<float> row(padded_columns(m.source.stored.cols));
  for (std::size_t r = 0; r < m.source.stored.rows; ++r) {
    kernels_for("").value()->decode_row(m.source.stored, r, row.data());
    for (std::size_t c = 0; c < m.source.stored.cols; ++c) {
      const auto i = static_cast<Eigen::Index>(m.source.transposed ? c : r);
      const auto j = static_cast<Eigen::Index>(m.source.transposed ? r : c);
      out(i, j) = static_cast<double>(row[c]);
    }
  }
  return out;
}

double spectral(const Eigen::MatrixXd& m) { return Eigen::JacobiSVD<Eigen::MatrixXd>(m).singularValues()(0); }

/// By outputs against by inputs, by inputs against by inputs, stacked against stacked.
TEST(WeightDifferences, EqualDenseOnes) {
  for (const auto& [x, y] : {std::pair("stored-llama-nf4", "stored-llama-gptq-4"),
                             {"stored-llama-awq", "stored-llama-gptq-8"},
                             {"stored-qwen3-moe-w4a16", "stored-qwen3-moe-awq"},
                             {"stored-gpt-oss-mxfp4", "stored-gpt-oss-mxfp4"}}) {
    const Result<Model> a = open_model(kGoldens / x), b = open_model(kGoldens / y);
    ASSERT_TRUE(a.ok() && b.ok()) << x << " " << y;
    const Result<WeightDifferences> got = weight_differences(a.value(), b.value(), {.threads = 2});
    ASSERT_TRUE(got.ok()) << got.error().message();
    EXPECT_TRUE(got.value().warnings.empty());
    const std::vector<WeightMatrix> of_a = weight_matrices(a.value(), true), of_b = weight_matrices(b.value(), true);
    ASSERT_EQ(got.value().matrices.size(), of_a.size());
    ASSERT_EQ(of_a.size(), of_b.size());
    for (std::size_t i = 0; i < of_a.size(); ++i) {
      const WeightDifference& d = got.value().matrices[i];
      const Eigen::MatrixXd p = dense(of_a[i]), q = dense(of_b[i]) - p;
      const double frobenius = q.norm() / p.norm(), largest = spectral(q) / spectral(p);
      EXPECT_NEAR(d.frobenius, frobenius, 1e-6 * frobenius) << d.tensor_a;
      EXPECT_NEAR(d.spectral, largest, d.spectral_error + 1e-6 * largest) << d.tensor_a;
      EXPECT_TRUE(d.spectral_error <= 1e-3 * d.spectral) << d.tensor_a;
    }
  }
}

/// Of gpt-oss, whose stack has gate and up in one: what both have is compared, outputs by inputs on both sides.
TEST(WeightDifferences, OfExpertsThatAreStackedAndOnesThatAreApart) {
  const Result<Model> a = open_model(kGoldens / "stored-gpt-oss-mxfp4"),
                      b = open_model(kGoldens / "stored-gpt-oss-experts-w4a16");
  ASSERT_TRUE(a.ok() && b.ok());
  const Result<WeightDifferences> got = weight_differences(a.value(), b.value(), {.threads = 1});
  ASSERT_TRUE(got.ok()) << got.error().message();
  ASSERT_EQ(got.value().warnings.size(), 1u);
  EXPECT_TRUE(got.value().warnings[0].starts_with("8 matrices have no counterpart")) << got.value().warnings[0];
  std::size_t compared = 0;
  for (const WeightMatrix& down : weight_matrices(a.value(), true)) {
    if (!down.expert || down.role != "W_out of experts") continue;
    for (const WeightMatrix& other : weight_matrices(b.value(), true)) {
      if (other.role != down.role || other.layer != down.layer || other.expert != down.expert) continue;
      const Eigen::MatrixXd p = dense(down), q = dense(other);
      ASSERT_EQ(q.rows(), 64);
      ASSERT_EQ(q.cols(), 32);
      const double frobenius = (q - p).norm() / p.norm();
      const auto& all = got.value().matrices;
      compared += std::ranges::any_of(
          all, [&](const WeightDifference& d) { return std::abs(d.frobenius - frobenius) <= 1e-6 * frobenius; });
    }
  }
  EXPECT_EQ(compared, 8u);
}

/// GGUF permutes rows of q and k of a LLaMA; they are the same weights.
TEST(WeightDifferences, AreNoneBetweenTheFormats) {
  const Result<Model> a = open_model(kGoldens / "llama-deep"), b = open_model(kGoldens / "llama-deep" / "model.gguf");
  ASSERT_TRUE(a.ok() && b.ok());
  const Result<WeightDifferences> got = weight_differences(a.value(), b.value(), {.threads = 1});
  ASSERT_TRUE(got.ok()) << got.error().message();
  EXPECT_EQ(got.value().matrices.size(), 7u * 7u + 2u);
  for (const WeightDifference& d : got.value().matrices) {
    EXPECT_EQ(d.frobenius, 0.0) << d.tensor_a;
    EXPECT_EQ(d.spectral, 0.0) << d.tensor_a;
  }
}

}  // namespace
}  // namespace sg
