// Passes over stored rows: every type and instruction set against the plain decoder, sums against long double.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "kernel/support.h"

namespace sg {
namespace {

struct Stored {
  std::vector<std::byte> bytes;
  StoredRows rows;
  std::vector<float> decoded;  // (rows x cols), scale applied

  float at(std::size_t r, std::size_t c) const { return decoded[r * rows.cols + c]; }
};

/// `items` is rounded up to whole blocks. Numbers are kept below 1e3, so that sums do not overflow.
Stored make(DType dtype, std::size_t rows, std::size_t items, std::uint64_t seed, float scale = 1.0f) {
  const DTypeTraits& t = traits(dtype);
  const std::size_t blocks = (items + t.block_items - 1) / t.block_items, cols = blocks * t.block_items;
  Stored s;
  s.bytes = test::random_blocks(dtype, rows * blocks, seed);
  if (dtype == DType::kF32 || dtype == DType::kF64 || dtype == DType::kBF16) {
    std::mt19937_64 generator(seed);
    std::normal_distribution<double> normal;
    for (std::size_t i = 0; i < rows * cols; ++i) {
      const double wide = normal(generator);
      const auto narrow = static_cast<float>(wide);
      if (dtype == DType::kF64) std::memcpy(s.bytes.data() + 8 * i, &wide, 8);
      if (dtype == DType::kF32) std::memcpy(s.bytes.data() + 4 * i, &narrow, 4);
      if (dtype == DType::kBF16) {
        std::memcpy(s.bytes.data() + 2 * i, reinterpret_cast<const std::byte*>(&narrow) + 2, 2);
      }
    }
  }
  s.rows = {.data = s.bytes.data(),
            .dtype = dtype,
            .rows = rows,
            .cols = cols,
            .row_bytes = blocks * t.block_bytes,
            .scale = scale};
  s.decoded.resize(rows * cols);
  decode_scalar(dtype, s.bytes.data(), rows * cols, s.decoded.data());
  for (float& x : s.decoded) x *= scale;
  return s;
}

std::vector<double> random_doubles(std::size_t n, std::size_t padded, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  std::vector<double> v(padded, 0.0);
  for (std::size_t i = 0; i < n; ++i) v[i] = normal(generator);
  return v;
}

class RowsOfType : public testing::TestWithParam<DType> {};

TEST_P(RowsOfType, DecodeAsThePlainDecoderBitForBitAndPadWithZeros) {
  for (const std::size_t items : {1u, 7u, 8u, 37u, 512u}) {
    for (const float scale : {1.0f, 0.37f}) {
      const Stored s = make(GetParam(), 3, items, items + 1, scale);
      const std::size_t padded = padded_columns(s.rows.cols);
      for (const Kernels* k : test::all_kernels()) {
        for (std::size_t r = 0; r < s.rows.rows; ++r) {
          std::vector<float> row(padded + 1, -1.5f);
          k->decode_row(s.rows, r, row.data());
          for (std::size_t c = 0; c < s.rows.cols; ++c) {
            ASSERT_EQ(test::bits_of(row[c]), test::bits_of(s.at(r, c))) << k->isa << " row " << r << " item " << c;
          }
          for (std::size_t c = s.rows.cols; c < padded; ++c) ASSERT_EQ(row[c], 0.0f) << k->isa;
          ASSERT_EQ(row[padded], -1.5f) << k->isa << ": wrote past the padding";
        }
      }
    }
  }
}

/// Of rows 2 to 11, every kernel against long double and the ones with fused multiply-adds against each other.
void check_gram(const Stored& s) {
  const std::size_t n = s.rows.cols, padded = padded_columns(n);
  const std::vector<double> v = random_doubles(n, padded, 6);
  std::vector<long double> want(n, 0.0L), size(n, 0.0L);
  for (std::size_t r = 2; r < 12; ++r) {
    long double dot = 0, magnitude = 0;
    for (std::size_t c = 0; c < n; ++c) {
      dot += static_cast<long double>(s.at(r, c)) * v[c];
      magnitude += std::fabs(static_cast<long double>(s.at(r, c)) * v[c]);
    }
    for (std::size_t c = 0; c < n; ++c) {
      want[c] += dot * s.at(r, c);
      size[c] += magnitude * std::fabs(s.at(r, c));
    }
  }
  std::vector<double> first;
  for (const Kernels* k : test::all_kernels()) {
    std::vector<double> got(padded, 0.0);
    k->gram_rows(s.rows, 2, 12, v.data(), got.data());
    for (std::size_t c = 0; c < n; ++c) {
      // Roundings per output: two per term of a lane and of the rows without FMA, six in the lanes' sum.
      const long double bound = 0x1p-53L * static_cast<long double>(2 * (padded / kReduceLanes + 10) + 6) * size[c];
      ASSERT_TRUE(std::fabs(got[c] - want[c]) <= bound) << k->isa << " " << c;
    }
    if (!k->has_fma) continue;
    if (first.empty()) first = got;
    EXPECT_EQ(got, first) << k->isa;
  }
}

TEST_P(RowsOfType, GramIsTheProductWithinItsRounding) {
  check_gram(make(GetParam(), 13, 70, 5));
  check_gram(make(GetParam(), 13, 72, 5));  // whole groups of lanes: 16-bit rows are read in place
  check_gram(make(GetParam(), 13, 72, 5, 0.37f));
  check_gram(make(GetParam(), 13, 1000, 5));  // rows too long to be kept as doubles
}

/// The same numbers as float32.
StoredRows as_floats(const Stored& s) {
  return {.data = reinterpret_cast<const std::byte*>(s.decoded.data()),
          .dtype = DType::kF32,
          .rows = s.rows.rows,
          .cols = s.rows.cols,
          .row_bytes = s.rows.cols * sizeof(float)};
}

void expect_gram_bits_of_floats(const Stored& s, const Kernels& k) {
  const std::vector<double> v = random_doubles(s.rows.cols, padded_columns(s.rows.cols), 6);
  std::vector<double> stored(v.size(), 0.5), floats = stored;
  k.gram_rows(s.rows, 0, s.rows.rows, v.data(), stored.data());
  k.gram_rows(as_floats(s), 0, s.rows.rows, v.data(), floats.data());
  EXPECT_EQ(stored, floats) << k.isa << " " << name(s.rows.dtype) << " " << s.rows.cols;
}

TEST_P(RowsOfType, GramHasTheBitsOfTheSameNumbersAsFloats) {
  for (const std::size_t items : {8u, 72u, 640u, 1000u}) {
    const Stored s = make(GetParam(), 11, items, 9);
    for (const Kernels* k : test::all_kernels()) expect_gram_bits_of_floats(s, *k);
  }
}

TEST(GramOfBrainFloats, KeepsTheLargestAndTheSubnormal) {
  const std::uint16_t extremes[] = {0x7f7f, 0xff7f, 0x0001, 0x8001, 0x007f, 0x0080, 0x8080, 0x0000, 0x8000, 0x3f80};
  for (const std::size_t cols : {8u, 1000u}) {
    Stored s = make(DType::kBF16, 6, cols, 2);
    for (std::size_t i = 0; i < s.decoded.size(); ++i) std::memcpy(&s.bytes[2 * i], &extremes[(i * i + i / 7) % 10], 2);
    decode_scalar(DType::kBF16, s.bytes.data(), s.decoded.size(), s.decoded.data());
    for (const Kernels* k : test::all_kernels()) expect_gram_bits_of_floats(s, *k);
  }
}

TEST_P(RowsOfType, SumsAreThoseOfTheNumbers) {
  const Stored s = make(GetParam(), 9, 45, 8);
  const std::size_t n = s.rows.cols;
  const double origin = 0.25;
  for (const Kernels* k : test::all_kernels()) {
    std::vector<double> rows(9, -1.0), columns(padded_columns(n), 0.0);
    AbsSums sums;
    k->row_sums(s.rows, 1, 9, origin, rows.data(), columns.data(), sums);
    long double shift = 0, shift_squares = 0, shift_size = 0;
    EXPECT_EQ(rows[0], -1.0);
    for (std::size_t r = 1; r < 9; ++r) {
      long double squares = 0;
      for (std::size_t c = 0; c < n; ++c) {
        const long double x = s.at(r, c), distance = std::fabs(x) - origin;
        squares += x * x;
        shift += distance;
        shift_size += std::fabs(distance);
        shift_squares += distance * distance;
      }
      ASSERT_TRUE(std::fabs(rows[r] - squares) <= 1e-14L * squares) << k->isa << " row " << r;
    }
    EXPECT_TRUE(std::fabs(sums.shift - shift) <= 1e-14L * shift_size) << k->isa;
    EXPECT_TRUE(std::fabs(sums.shift_squares - shift_squares) <= 1e-14L * shift_squares) << k->isa;
    for (std::size_t c = 0; c < n; ++c) {
      long double squares = 0;
      for (std::size_t r = 1; r < 9; ++r) squares += static_cast<long double>(s.at(r, c)) * s.at(r, c);
      ASSERT_TRUE(std::fabs(columns[c] - squares) <= 1e-14L * squares) << k->isa << " column " << c;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, RowsOfType, testing::ValuesIn(test::weight_types()),
                         [](const auto& type) { return std::string(name(type.param)); });

TEST(StoredRowsTest, RunsPickARolesRowsOutOfAFusedTensor) {
  const Stored s = make(DType::kF32, 12, 8, 3);
  StoredRows picked = s.rows;
  picked.data = s.rows.data + s.rows.row_bytes;  // from row 1: two of every four
  picked.rows = 6;
  picked.run = 2;
  picked.run_stride = 4;
  const std::size_t want[] = {1, 2, 5, 6, 9, 10};
  for (std::size_t r = 0; r < 6; ++r) EXPECT_EQ(picked.row(r), s.rows.row(want[r])) << r;
}

RC_GTEST_PROP(Doubles, DotAndMultipleAreTheSameBitsOnEveryTargetWithFma, ()) {
  const std::size_t n = kReduceLanes * *rc::gen::inRange<std::size_t>(1, 40);
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const std::vector<double> x = random_doubles(n, n, seed), y = random_doubles(n, n, seed + 1);
  long double dot = 0, size = 0;
  for (std::size_t i = 0; i < n; ++i) {
    dot += static_cast<long double>(x[i]) * y[i];
    size += std::fabs(static_cast<long double>(x[i]) * y[i]);
  }
  const Kernels* first = nullptr;
  for (const Kernels* k : test::all_kernels()) {
    RC_ASSERT(std::fabs(k->dot_doubles(x.data(), y.data(), n) - dot) <=
              0x1p-53L * static_cast<long double>(2 * n / kReduceLanes + 6) * size);
    std::vector<double> sum = y;
    k->add_multiple(0.7, x.data(), sum.data(), n);
    for (std::size_t i = 0; i < n; ++i) {
      RC_ASSERT(sum[i] == (k->has_fma ? std::fma(0.7, x[i], y[i]) : 0.7 * x[i] + y[i]));
    }
    if (!k->has_fma) continue;
    if (first == nullptr) first = k;
    RC_ASSERT(k->dot_doubles(x.data(), y.data(), n) == first->dot_doubles(x.data(), y.data(), n));
  }
}

}  // namespace
}  // namespace sg
