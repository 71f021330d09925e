// The pass by operations: what the CPU's do beside the kernels of their names, and that the pass waits for a backend
// that is late wherever it reads what that backend makes.
#include "forward/backend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "forward/golden_model.h"
#include "forward/late_backend.h"
#include "kernel/support.h"

namespace sg {
namespace {

const Kernels& kernels() { return *kernels_for("").value(); }

class CpuOperations : public testing::Test {
 protected:
  /// Random rows in memory of their own, a column of 0 behind each.
  MatrixView rows(std::size_t count, std::size_t cols) {
    const auto& memory = memory_.emplace_back(backend_.allocate(count * (cols + 1)));
    std::fill_n(memory.get(), count * (cols + 1), 0.0f);
    const MatrixView m = {memory.get(), count, cols, cols + 1};
    test::fill_normal(m, ++seed_);
    return m;
  }
  MatrixView copy_of(ConstMatrixView m) {
    const MatrixView copy = rows(m.rows, m.cols);
    backend_.copy(m, copy);
    return copy;
  }

  ThreadPool pool_{3};
  CpuBackend backend_{kernels(), pool_};
  std::uint64_t seed_ = 0;
  std::vector<std::shared_ptr<float[]>> memory_;
};

// Of CodeGen's kind: two groups of two heads, queries, values and keys of a group side by side.
constexpr std::size_t kWidth = 6;
constexpr HeadColumns kQueries = {.count = 4, .width = kWidth, .step = kWidth, .group = 2, .group_step = 6 * kWidth};
constexpr HeadColumns kKeys = {
    .count = 4, .width = kWidth, .first = 4 * kWidth, .step = kWidth, .group = 2, .group_step = 6 * kWidth};
constexpr std::size_t kColumns[] = {0, kWidth, 6 * kWidth, 7 * kWidth};

TEST_F(CpuOperations, HeadsStandInGroups) {
  for (std::size_t h = 0; h < 4; ++h) {
    EXPECT_EQ(kQueries(h), kColumns[h]);
    EXPECT_EQ(kKeys(h), kColumns[h] + 4 * kWidth);
  }
}

TEST_F(CpuOperations, NormsOfHeadsAreThoseOfEachAlone) {
  const MatrixView x = rows(19, 12 * kWidth), want = copy_of(x);
  const MatrixView gains = rows(1, 4 * kWidth);
  const NormCall norm = {.kind = NormKind::kRms, .eps = 1e-6, .gain = gains.data};
  backend_.norm_heads(norm, kQueries, kWidth, x);
  for (std::size_t h = 0; h < 4; ++h) {
    const MatrixView head = want.col_range(kColumns[h], kWidth);
    kernels().norm({.kind = NormKind::kRms, .eps = 1e-6, .gain = gains.data + h * kWidth}, head, head);
  }
  EXPECT_TRUE(test::equal_bits(x, want));
}

TEST_F(CpuOperations, RotationsCountFromTheSequencesStart) {
  const MatrixView x = rows(20, 12 * kWidth), want = copy_of(x);
  const MatrixView cos = rows(17, 2), sin = rows(17, 2), other = rows(3, 2);
  std::vector<float> flat[3];
  for (std::size_t i = 0; i < 3; ++i) {
    const MatrixView m = i == 0 ? cos : i == 1 ? sin : other;
    for (std::size_t r = 0; r < m.rows; ++r) flat[i].insert(flat[i].end(), m.row(r), m.row(r) + 2);
  }
  const std::size_t starts[] = {0, 3, 20};
  const Angles angles[] = {{flat[2].data(), flat[2].data(), 2, 3}, {flat[0].data(), flat[1].data(), 2, 17}};
  backend_.rotate(
      {.pairing = Pairing::kAdjacent, .starts = starts, .angles = angles, .q = kQueries, .k = kKeys, .offset = 1}, x);
  for (std::size_t r = 0; r < 20; ++r) {
    const Angles& of = angles[r < 3 ? 0 : 1];
    const std::size_t at = 2 * (r - starts[r < 3 ? 0 : 1]);
    for (const std::size_t column : kColumns) {
      for (const std::size_t part : {std::size_t{0}, 4 * kWidth})
        kernels().rotate(Pairing::kAdjacent, of.cos + at, of.sin + at, 2, want.row(r) + column + part + 1);
    }
  }
  EXPECT_TRUE(test::equal_bits(x, want));
}

TEST_F(CpuOperations, UnpermutedHeadsHaveTheEvenChannelsFirst) {
  const MatrixView x = rows(9, 12 * kWidth), before = copy_of(x);
  backend_.unpermute(kKeys, x);
  for (std::size_t r = 0; r < x.rows; ++r) {
    for (std::size_t h = 0; h < 4; ++h) {
      for (std::size_t j = 0; j < kWidth; ++j) {
        const std::size_t from = j < kWidth / 2 ? 2 * j : 2 * (j - kWidth / 2) + 1;
        EXPECT_EQ(x.row(r)[kKeys(h) + j], before.row(r)[kKeys(h) + from]);
      }
      EXPECT_EQ(x.row(r)[kQueries(h)], before.row(r)[kQueries(h)]);
    }
  }
}

TEST_F(CpuOperations, AGateIsActivatedOfItsMultipleAndMultiplied) {
  const MatrixView gate = rows(5, 33), up = rows(5, 33), want = copy_of(gate);
  backend_.gate({.act = Act::kGeluTanh, .factor = 0.75f}, up, gate);
  for (std::size_t r = 0; r < 5; ++r) {
    kernels().scale(0.75f, want.row(r), 33);
    kernels().activate(Act::kGeluTanh, {}, want.row(r), 33);
    kernels().multiply(up.row(r), want.row(r), 33);
  }
  EXPECT_TRUE(test::equal_bits(gate, want));
}

TEST_F(CpuOperations, RowsAndColumnsHaveFactorsOfTheirOwn) {
  const MatrixView x = rows(11, 7), before = copy_of(x), factors = rows(1, 11);
  backend_.scale_each({factors.data, 11}, x);
  backend_.multiply_columns({factors.data, 7}, x);
  for (std::size_t r = 0; r < 11; ++r) {
    for (std::size_t c = 0; c < 7; ++c) EXPECT_EQ(x.row(r)[c], before.row(r)[c] * factors.data[r] * factors.data[c]);
  }
}

TEST_F(CpuOperations, RowsAreGatheredAndDecoded) {
  const MatrixView table = rows(40, 13), gathered = rows(3, 13), decoded = rows(3, 13);
  const std::size_t wanted[] = {39, 0, 7};
  backend_.gather(table, wanted, gathered);
  backend_.decode_rows({.data = reinterpret_cast<const std::byte*>(table.data),
                        .rows = 40,
                        .cols = 13,
                        .row_bytes = table.stride * sizeof(float)},
                       wanted, decoded);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_TRUE(std::equal(gathered.row(i), gathered.row(i) + 13, table.row(wanted[i])));
  EXPECT_TRUE(test::equal_bits(gathered, decoded));
}

TEST_F(CpuOperations, ColumnsAreSummedRowAfterRow) {
  const MatrixView x = rows(31, 70);
  std::vector<double> sum(70, 1.0), squares(70);
  std::vector<float> largest(70, 0.5f);
  backend_.sum_columns(x, {sum.data(), squares.data(), largest.data()});
  for (std::size_t c = 0; c < 70; ++c) {
    double one = 1, square = 0;
    float most = 0.5f;
    for (std::size_t r = 0; r < 31; ++r) {
      const double value = static_cast<double>(x.row(r)[c]);
      one += value;
      square += value * value;
      most = std::max(most, std::abs(x.row(r)[c]));
    }
    EXPECT_EQ(sum[c], one);
    EXPECT_EQ(squares[c], square);
    EXPECT_EQ(largest[c], most);
  }
}

TEST_F(CpuOperations, SlicesOfLogitsFoldToTheTenLargest) {
  const MatrixView z = rows(4, 300);
  for (std::size_t r = 0; r < 4; ++r) z.row(r)[250] = z.row(r)[20];  // of equals the first wins
  std::vector<LogitSummary> folded(4);
  for (const std::size_t first : {0u, 100u, 200u}) backend_.fold_logits(first, z.col_range(first, 100), folded);
  for (std::size_t r = 0; r < 4; ++r) {
    std::vector<std::size_t> order(300);
    for (std::size_t i = 0; i < 300; ++i) order[i] = i;
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return z.row(r)[a] > z.row(r)[b]; });
    ASSERT_EQ(folded[r].count, LogitSummary::kTop);
    for (std::size_t i = 0; i < LogitSummary::kTop; ++i)
      EXPECT_EQ(static_cast<std::size_t>(folded[r].top[i].id), order[i]);
    EXPECT_EQ(folded[r].fold.count, 300u);
    EXPECT_EQ(folded[r].fold.max, static_cast<double>(z.row(r)[order[0]]));
  }
}

/// A tap that knows of no backend: sums of squares of every view that it is shown.
class Onlooker final : public Tap {
 public:
  explicit Onlooker(std::size_t rows) : wanted_{rows - 1} {}
  void at(SiteRef, ConstMatrixView rows) override { look(rows); }
  void adding(SiteRef, ConstMatrixView delta, ConstMatrixView stream) override {
    look(delta);
    look(stream);
  }
  std::span<const std::size_t> logit_rows() const override { return wanted_; }
  void logits(std::span<const std::size_t>, std::size_t, ConstMatrixView z) override { look(z); }
  std::span<const std::size_t> lens_rows(std::size_t) const override { return wanted_; }
  void lens(std::size_t, std::span<const std::size_t>, std::size_t, ConstMatrixView z) override { look(z); }
  std::vector<double> seen;

 private:
  void look(ConstMatrixView m) {
    for (std::size_t r = 0; r < m.rows; ++r) seen.push_back(kernels().sum_squares(m.row(r), m.cols));
  }
  std::vector<std::size_t> wanted_;
};

class BackendOfPass : public test::GoldenModel {
 protected:
  std::vector<double> seen(Backend& backend) {
    Onlooker onlooker(tokens_.rows());
    run(backend, onlooker);
    return onlooker.seen;
  }
};

TEST_P(BackendOfPass, OneThatIsLateGivesTheSameBits) {
  ThreadPool pool(2);
  CpuBackend cpu(kernels(), pool);
  test::LateBackend late(kernels(), pool);
  EXPECT_TRUE(test::same_bits(recorded(late), recorded(cpu)));
  EXPECT_TRUE(test::same_bits(seen(late), seen(cpu)));
  EXPECT_GT(late.late(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Models, BackendOfPass, testing::ValuesIn(test::golden_models(test::Stored::kFolders)),
                         test::golden_name);

}  // namespace
}  // namespace sg
