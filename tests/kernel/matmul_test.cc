// The matmul: its documented order bit for bit, whatever the threads, tiles, strides and alignment; its error.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "kernel/scalar.h"
#include "kernel/support.h"

namespace sg {
namespace {

using test::Guarded;

/// One random problem with everything that may vary: shape, strides, alignment, bias, type and orientation.
struct Problem {
  Guarded x, bias;
  std::vector<std::byte> stored;
  WeightView w;
  bool has_bias;

  MatmulCall call(MatrixView y) { return {x.view(), w, has_bias ? bias.data() : nullptr, y}; }
};

struct Shape {
  std::size_t rows, cols, outputs;
};

Problem make_problem(Shape shape, DType dtype, bool transposed, std::uint64_t seed) {
  const DTypeTraits& t = traits(dtype);
  const std::size_t offset = seed % 5, gap = seed % 3;
  const std::size_t stored_rows = transposed ? shape.cols : shape.outputs;
  const std::size_t blocks = (transposed ? shape.outputs : shape.cols) / t.block_items;
  Problem p{
      Guarded(shape.rows, shape.cols, gap, offset), Guarded(1, shape.outputs, 0, offset + 1), {}, {}, seed % 2 == 0};
  test::fill_normal(p.x.view(), seed);
  test::fill_normal(p.bias.view(), seed + 1);
  // A row may be followed by bytes that are no weights, and may start at an odd address.
  const std::size_t row_bytes = blocks * t.block_bytes + seed % 4;
  p.stored.assign(1 + stored_rows * row_bytes, std::byte{0xff});
  const auto random = test::random_blocks(dtype, stored_rows * blocks, seed + 2);
  for (std::size_t r = 0; r < stored_rows; ++r) {
    const auto from = random.begin() + static_cast<std::ptrdiff_t>(r * blocks * t.block_bytes);
    std::copy(from, from + static_cast<std::ptrdiff_t>(blocks * t.block_bytes),
              p.stored.begin() + static_cast<std::ptrdiff_t>(1 + r * row_bytes));
  }
  if (dtype == DType::kF32) {  // random bits span 76 orders of magnitude; weights do not
    Guarded weights(stored_rows, blocks, 0, 0);
    test::fill_normal(weights.view(), seed + 3);
    for (std::size_t r = 0; r < stored_rows; ++r) {
      std::memcpy(p.stored.data() + 1 + r * row_bytes, weights.view().row(r), blocks * sizeof(float));
    }
  }
  p.w = {.data = p.stored.data() + 1,
         .dtype = dtype,
         .rows = shape.outputs,
         .cols = shape.cols,
         .row_bytes = row_bytes,
         .transposed = transposed,
         .scale = seed % 3 == 0 ? 0.75f : 1.0f};
  return p;
}

const std::vector<std::unique_ptr<ThreadPool>>& pools() {
  static const auto made = [] {
    std::vector<std::unique_ptr<ThreadPool>> list;
    for (const int threads : {1, 2, 3, 7, 16}) list.push_back(std::make_unique<ThreadPool>(threads));
    return list;
  }();
  return made;
}

/// All FMA targets and all teams give the bits of the plain C++ order; the others give one result of their own.
void expect_documented_order(Problem& p, Shape shape) {
  Guarded expected(shape.rows, shape.outputs, 0, 0);
  scalar::ordered_matmul(p.call(expected.view()));
  for (const Kernels* k : test::all_kernels()) {
    std::optional<Guarded> first;
    for (const auto& pool : pools()) {
      Guarded y(shape.rows, shape.outputs, shape.rows % 4, shape.outputs % 3);
      k->matmul(p.call(y.view()), *pool);
      ASSERT_TRUE(y.guards_intact()) << k->isa;
      if (!first) first.emplace(k->has_fma ? expected : y);
      ASSERT_TRUE(test::equal_bits(y.view(), first->view())) << k->isa << " " << pool->threads();
    }
  }
}

DType type_with_block_of_one(std::size_t pick) {
  static constexpr DType kTypes[] = {DType::kF32, DType::kBF16, DType::kF16, DType::kF8E4M3, DType::kF64};
  const DType dtype = kTypes[pick % std::size(kTypes)];
  return dtype == DType::kF64 ? DType::kF32 : dtype;  // random doubles rarely fit a float
}

RC_GTEST_PROP(Matmul, DocumentedOrderForEveryTargetAndTeam, ()) {
  const Shape shape = {*rc::gen::inRange<std::size_t>(1, 51), *rc::gen::inRange<std::size_t>(1, 701),
                       *rc::gen::inRange<std::size_t>(1, 301)};
  const DType dtype = type_with_block_of_one(*rc::gen::inRange<std::size_t>(0, 8));
  Problem p = make_problem(shape, dtype, *rc::gen::arbitrary<bool>(), *rc::gen::inRange<std::uint64_t>(0, 1000));
  expect_documented_order(p, shape);
  RC_ASSERT(!::testing::Test::HasFatalFailure());
}

RC_GTEST_PROP(Matmul, ARowAloneHasTheBitsItHasAmongOthers, ()) {
  const Shape shape = {*rc::gen::inRange<std::size_t>(2, 51), *rc::gen::inRange<std::size_t>(1, 701),
                       *rc::gen::inRange<std::size_t>(1, 101)};
  Problem p = make_problem(shape, DType::kBF16, *rc::gen::arbitrary<bool>(), *rc::gen::inRange<std::uint64_t>(0, 1000));
  const std::size_t row = *rc::gen::inRange<std::size_t>(0, shape.rows);
  for (const Kernels* k : test::all_kernels()) {
    Guarded all(shape.rows, shape.outputs, 1, 2), alone(1, shape.outputs, 0, 0);
    k->matmul(p.call(all.view()), *pools()[1]);
    MatmulCall one = p.call(alone.view());
    one.x = one.x.row_range(row, 1);
    k->matmul(one, ThreadPool::serial());
    RC_ASSERT(test::equal_bits(alone.view(), all.view().row_range(row, 1)));
  }
}

RC_GTEST_PROP(Matmul, ProductsOfOneInputHaveTheBitsOfEachAlone, ()) {
  const std::size_t rows = *rc::gen::inRange<std::size_t>(1, 101), cols = *rc::gen::inRange<std::size_t>(1, 601);
  const auto team = *rc::gen::inRange<std::size_t>(0, pools().size());
  std::vector<Problem> problems;
  std::vector<Guarded> shared, alone;
  for (std::size_t i = 0, n = *rc::gen::inRange<std::size_t>(1, 4); i < n; ++i) {
    const Shape shape = {rows, cols, *rc::gen::inRange<std::size_t>(1, 201)};
    problems.push_back(make_problem(shape, type_with_block_of_one(*rc::gen::inRange<std::size_t>(0, 8)),
                                    *rc::gen::arbitrary<bool>(), *rc::gen::inRange<std::uint64_t>(0, 1000)));
    shared.emplace_back(rows, shape.outputs, i % 3, i % 2);
    alone.emplace_back(rows, shape.outputs, 0, 0);
  }
  for (const Kernels* k : test::all_kernels()) {
    std::vector<MatmulCall> calls;
    for (std::size_t i = 0; i < problems.size(); ++i) {
      calls.push_back(problems[i].call(shared[i].view()));
      calls[i].x = problems[0].x.view();
      MatmulCall one = calls[i];
      one.y = alone[i].view();
      k->matmul(one, ThreadPool::serial());
    }
    k->matmul_shared(calls, *pools()[team]);
    for (std::size_t i = 0; i < problems.size(); ++i) {
      RC_ASSERT(shared[i].guards_intact());
      RC_ASSERT(test::equal_bits(shared[i].view(), alone[i].view()));
    }
  }
}

/// Large enough for several passes over rows, groups of panels and blocks of inputs, whose sums wait in scratch. Every
/// row has the bits that it has alone in plain C++.
TEST(Matmul, PassesGroupsAndBlocksChangeNoBit) {
  const Shape shape = {529, 520, 930};
  for (const DType dtype : {DType::kF32, DType::kBF16}) {
    Problem p = make_problem(shape, dtype, false, 7);
    for (const Kernels* k : test::all_kernels()) {
      if (!k->has_fma) continue;
      for (const std::size_t team : {0u, 2u}) {
        Guarded y(shape.rows, shape.outputs, 3, 1);
        k->matmul(p.call(y.view()), *pools()[team]);
        ASSERT_TRUE(y.guards_intact()) << k->isa;
        for (const std::size_t row : {0u, 11u, 263u, 264u, 275u, 276u, 528u}) {
          Guarded expected(1, shape.outputs, 0, 0);
          MatmulCall one = p.call(expected.view());
          one.x = one.x.row_range(row, 1);
          scalar::ordered_matmul(one);
          EXPECT_TRUE(test::equal_bits(expected.view(), y.view().row_range(row, 1))) << k->isa << " row " << row;
        }
      }
    }
  }
}

/// Multiplying by the identity returns the weights: the decoders of the panels against the plain ones.
TEST(Matmul, PanelsDecodeEveryTypeAsThePlainDecoderDoes) {
  for (const DType dtype : test::weight_types()) {
    const std::size_t cols = 512, outputs = 37;
    for (const std::uint64_t seed : {6u, 7u, 11u}) {  // scale or not, strides and addresses odd and even
      Problem p = make_problem({1, cols, outputs}, dtype, false, seed);
      p.has_bias = false;
      Guarded identity(cols, cols, 0, 0);
      for (std::size_t r = 0; r < cols; ++r) {
        for (std::size_t c = 0; c < cols; ++c) identity.view().row(r)[c] = r == c ? 1.0f : 0.0f;
      }
      const std::vector<float> expected = scalar::decoded(p.w);
      for (const Kernels* k : test::all_kernels()) {
        Guarded y(cols, outputs, 0, 0);
        k->matmul({identity.view(), p.w, nullptr, y.view()}, *pools()[1]);
        for (std::size_t c = 0; c < cols; ++c) {
          for (std::size_t n = 0; n < outputs; ++n) {
            ASSERT_EQ(y.view().row(c)[n], expected[n * cols + c])
                << k->isa << " " << name(dtype) << " " << n << "," << c;
          }
        }
      }
    }
  }
}

/// Bits, NaN and infinity included; from odd addresses, nothing written past the end.
RC_GTEST_PROP(Decode, EveryTargetEqualsThePlainDecoderBitForBit, (std::uint64_t seed)) {
  for (const DType dtype : test::weight_types()) {
    const std::size_t blocks = 1 + seed % 70, n = blocks * traits(dtype).block_items;
    std::vector<std::byte> stored(1 + blocks * traits(dtype).block_bytes);
    std::mt19937_64 generator(seed);
    for (std::byte& byte : stored) byte = static_cast<std::byte>(generator());
    Guarded expected(1, n, 0, 0);
    decode_scalar(dtype, stored.data() + 1, n, expected.data());
    for (const Kernels* k : test::all_kernels()) {
      Guarded got(1, n, 0, seed % 16);
      k->decode(dtype, stored.data() + 1, n, got.data());
      RC_ASSERT(got.guards_intact());
      RC_ASSERT(test::equal_bits(got.view(), expected.view()));
    }
  }
}

TEST(Matmul, StoredByInputsEqualsStoredByOutputs) {
  const Shape shape = {13, 300, 67};
  Problem p = make_problem(shape, DType::kF32, true, 1);
  const std::vector<float> by_outputs = scalar::decoded(p.w);
  WeightView w = {.data = reinterpret_cast<const std::byte*>(by_outputs.data()),
                  .dtype = DType::kF32,
                  .rows = shape.outputs,
                  .cols = shape.cols,
                  .row_bytes = shape.cols * sizeof(float)};
  for (const Kernels* k : test::all_kernels()) {
    Guarded a(shape.rows, shape.outputs, 0, 0), b(shape.rows, shape.outputs, 0, 0);
    k->matmul(p.call(a.view()), *pools()[0]);
    MatmulCall other = p.call(b.view());
    other.w = w;
    k->matmul(other, *pools()[0]);
    EXPECT_TRUE(test::equal_bits(a.view(), b.view())) << k->isa;
  }
}

/// A chain of n fused operations has a relative error of at most n u of the sum of magnitudes, u = 2^-24: here
/// n = 256 per block, plus the blocks and the bias. Two-sided: errors are random, so they grow as sqrt(n); less
/// than 0.02 sqrt(n) u would mean that the reference is not independent.
TEST(Matmul, ErrorIsThatOfABlockedFloatSum) {
  const Shape shape = {31, 4096, 45};
  Problem p = make_problem(shape, DType::kF32, false, 1);
  Guarded y(shape.rows, shape.outputs, 0, 0);
  const scalar::MatmulReference reference = scalar::matmul(p.call(y.view()));
  for (const Kernels* k : test::all_kernels()) {
    k->matmul(p.call(y.view()), *pools()[1]);
    double worst = 0.0;
    for (std::size_t i = 0; i < reference.y.size(); ++i) {
      const double got = static_cast<double>(y.view().row(i / shape.outputs)[i % shape.outputs]);
      const double error = std::fabs(got - reference.y[i]) / reference.magnitude[i] / 0x1p-24;
      worst = error <= worst ? worst : error;
    }
    const double links = 256 + 4096 / 256 + 1;
    EXPECT_TRUE(worst <= (k->has_fma ? links : 2 * links)) << k->isa << " " << worst;
    EXPECT_TRUE(worst >= 0.02 * std::sqrt(links)) << k->isa << " " << worst;
  }
}

TEST(Matmul, NonFiniteInputsReachExactlyTheirOutputs) {
  const Shape shape = {14, 300, 40};
  Problem p = make_problem(shape, DType::kF32, false, 1);
  p.x.view().row(3)[299] = std::numeric_limits<float>::quiet_NaN();
  p.x.view().row(5)[0] = std::numeric_limits<float>::infinity();
  for (const Kernels* k : test::all_kernels()) {
    Guarded y(shape.rows, shape.outputs, 0, 0);
    k->matmul(p.call(y.view()), *pools()[1]);
    for (std::size_t r = 0; r < shape.rows; ++r) {
      for (std::size_t n = 0; n < shape.outputs; ++n) EXPECT_EQ(std::isfinite(y.view().row(r)[n]), r != 3 && r != 5);
    }
  }
}

TEST(Matmul, ShapesThatDisagreeAreABrokenInvariant) {
  Guarded x(2, 8, 0, 0), y(2, 4, 0, 0);
  const std::vector<float> weights(4 * 9);
  const WeightView w = {
      .data = reinterpret_cast<const std::byte*>(weights.data()), .rows = 4, .cols = 9, .row_bytes = 36};
  const Kernels* k = kernels_for("").value();
  EXPECT_THROW(k->matmul({x.view(), w, nullptr, y.view()}, ThreadPool::serial()), std::logic_error);
}

}  // namespace
}  // namespace sg
