// Packed matrices: every layout, level and kind of scale that a form may have, on every instruction set against the
// plain reference, row by row and through the matmul.
#include "kernel/packed.h"

#include <gtest/gtest.h>

#include "kernel/scalar.h"
#include "kernel/support.h"

namespace sg {
namespace {

struct Owned {
  std::vector<std::byte> codes, scales, zeros, groups, outer;
  std::vector<float> table, outer_map;
  PackedMatrix m;
};

std::vector<std::byte> random_bytes(std::size_t n, std::mt19937_64& random) {
  std::vector<std::byte> bytes(n);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

std::vector<std::byte> float_bytes(std::size_t n, std::mt19937_64& random) {
  std::normal_distribution<float> normal;
  std::vector<std::byte> bytes(4 * n);
  for (std::size_t i = 0; i < n; ++i) {
    const float x = normal(random);
    std::memcpy(bytes.data() + 4 * i, &x, 4);
  }
  return bytes;
}

void set_codes(Owned& o, CodeLayout layout, unsigned bits, std::mt19937_64& random) {
  PackedMatrix& m = o.m;
  m.layout = layout, m.bits = bits;
  std::size_t bytes = 0;
  switch (layout) {
    case CodeLayout::kBytes: m.row_bytes = m.cols, bytes = m.rows * m.row_bytes; break;
    case CodeLayout::kWords: m.row_bytes = (m.cols * bits + 31) / 32 * 4, bytes = m.rows * m.row_bytes; break;
    case CodeLayout::kNibblesHigh: m.row_bytes = m.cols / 2, bytes = (m.rows * m.cols + 1) / 2; break;
    case CodeLayout::kColumnStream: m.row_bytes = 4 * m.cols, bytes = m.rows * bits / 32 * m.row_bytes; break;
    case CodeLayout::kAwq: m.row_bytes = m.cols / 2, bytes = m.rows * m.row_bytes; break;
    case CodeLayout::kParts: break;  // in_parts
  }
  o.codes = random_bytes(bytes, random);
  m.codes = o.codes.data();
}

void set_scales(Owned& o, ScaleType type, std::size_t row_run, std::size_t col_run, std::mt19937_64& random) {
  PackedScales& s = o.m.scales;
  s.type = type, s.row_run = row_run, s.col_run = col_run;
  s.per_row = (o.m.cols + col_run - 1) / col_run;
  s.count = (o.m.rows + row_run - 1) / row_run * s.per_row;
  o.scales = type == ScaleType::kF32 ? float_bytes(s.count, random) : random_bytes(2 * s.count, random);
  for (std::size_t i = 1; type != ScaleType::kF32 && i < o.scales.size(); i += type == ScaleType::kE8M0 ? 1 : 2) {
    o.scales[i] &= std::byte{0x3f};  // no infinity, no NaN
  }
  s.data = o.scales.data();
}

/// Of a shape with a rest in every direction.
Owned by_outputs(CodeLayout layout, unsigned bits, Level level, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Owned o;
  o.m.rows = 37, o.m.cols = 320;
  set_codes(o, layout, bits, random);
  o.m.level = level;
  if (level == Level::kTable) {
    for (int i = 0; i < 256; ++i) o.table.push_back(static_cast<float>(i) * 0.37f - 3.0f);
    o.m.table = o.table.data();
  }
  set_scales(o, ScaleType::kF32, 5, 24, random);
  return o;
}

std::vector<Owned> all() {
  std::vector<Owned> list;
  std::mt19937_64 random(5);
  for (const Level level : {Level::kUnsigned, Level::kSigned, Level::kTable}) {
    list.push_back(by_outputs(CodeLayout::kBytes, 8, level, list.size()));
  }
  for (const unsigned bits : {2u, 3u, 4u, 5u, 8u}) {
    list.push_back(by_outputs(CodeLayout::kWords, bits, Level::kUnsigned, bits));
    list.back().m.zeros.add = 1 << (bits - 1);
    Owned& o = list.emplace_back(by_outputs(CodeLayout::kWords, bits, Level::kUnsigned, bits + 10));
    set_scales(o, ScaleType::kBF16, 1, 32, random);
    const std::size_t words = (o.m.rows * bits + 31) / 32;
    o.zeros = random_bytes(words * o.m.scales.per_row * 4, random);
    o.m.zeros = {.layout = ZeroLayout::kRows, .data = o.zeros.data(), .row_bytes = 4 * o.m.scales.per_row};
    for (std::size_t c = 0; c < o.m.cols; ++c) {
      const auto group = static_cast<std::int32_t>(random() % (o.m.scales.per_row + 2));  // two of them hostile
      const auto* raw = reinterpret_cast<const std::byte*>(&group);
      o.groups.insert(o.groups.end(), raw, raw + 4);
    }
    o.m.groups = o.m.scales.per_row;
    if (bits == 4) o.m.col_groups = o.groups.data();
  }
  {
    Owned& o = list.emplace_back(by_outputs(CodeLayout::kBytes, 8, Level::kSigned, 7));
    o.zeros = random_bytes(o.m.scales.count, random);
    o.m.zeros = {.layout = ZeroLayout::kBytes, .data = o.zeros.data()};
    o.m.after = 0.0078f;
  }
  for (const ScaleType type : {ScaleType::kE8M0, ScaleType::kE4M3, ScaleType::kF16}) {
    Owned& o = list.emplace_back(by_outputs(CodeLayout::kWords, 4, Level::kTable, 8));
    set_scales(o, type, 1, 16, random);
    if (type != ScaleType::kE8M0) o.m.scales.global = 3.7f;
    o.m.scales.divide = type == ScaleType::kE4M3;
  }
  for (const bool nested : {false, true}) {
    Owned& o = list.emplace_back(by_outputs(CodeLayout::kNibblesHigh, 4, Level::kTable, 9));
    PackedScales& s = o.m.scales;
    s = {.type = ScaleType::kF32, .col_run = 64, .count = o.m.rows * o.m.cols / 64, .flat = true};
    o.scales = nested ? random_bytes(s.count, random) : float_bytes(s.count, random);
    s.data = o.scales.data();
    if (!nested) continue;
    for (int i = 0; i < 256; ++i) o.outer_map.push_back(static_cast<float>(i) / 100.0f);
    o.outer = float_bytes(s.count / 16 + 1, random);
    s.type = ScaleType::kNested, s.outer_map = o.outer_map.data(), s.outer = o.outer.data();
    s.outer_run = 16, s.outer_offset = 0.3f;
  }
  return list;
}

/// HQQ's: groups of the flat matrix, which share bytes, or words of three bits.
Owned in_parts(unsigned bits, std::size_t group, std::mt19937_64& random) {
  Owned o;
  o.m.rows = 40, o.m.cols = 320;
  const std::size_t items = o.m.rows * o.m.cols, parts = bits == 3 ? 10 : 8 / bits;
  o.m.layout = CodeLayout::kParts, o.m.bits = bits;
  o.m.part_items = (items / group + parts - 1) / parts * group;
  o.codes = random_bytes(o.m.part_items * (bits == 3 ? 4 : 1), random);
  o.m.codes = o.codes.data(), o.m.row_bytes = o.m.cols * bits / 8;
  o.m.scales = {.type = ScaleType::kF32, .col_run = group, .count = items / group, .flat = true};
  o.scales = float_bytes(o.m.scales.count, random), o.m.scales.data = o.scales.data();
  o.zeros = float_bytes(o.m.scales.count, random);
  o.m.zeros = {.layout = ZeroLayout::kFloats, .data = o.zeros.data()};
  return o;
}

/// As published forms have them: groups that words begin and end with, whose codes become numbers in registers.
std::vector<Owned> in_whole_groups() {
  std::vector<Owned> list;
  std::mt19937_64 random(15);
  for (const Level level : {Level::kUnsigned, Level::kSigned, Level::kE4M3, Level::kE5M2}) {
    for (const std::size_t group : {32u, 64u, 320u}) {
      Owned& o = list.emplace_back(by_outputs(CodeLayout::kBytes, 8, level, group));
      for (std::byte& code : o.codes) code &= std::byte{0xfb};  // neither infinity nor NaN
      set_scales(o, group == 32 ? ScaleType::kE8M0 : ScaleType::kF32, group == 64 ? 5 : 1, group, random);
      if (group == 64) o.m.after = 0.0078f;
      if (level != Level::kSigned || group == 64) continue;
      o.zeros = random_bytes(o.m.scales.count, random);
      o.m.zeros = {.layout = ZeroLayout::kBytes, .data = o.zeros.data()};
    }
  }
  for (const unsigned bits : {1u, 2u, 3u, 4u, 8u}) {
    for (const std::size_t group : {64u, 40u}) {
      Owned& o = list.emplace_back(in_parts(bits, group, random));
      if (bits != 2) continue;
      o.m.scales.type = o.m.zeros.type = ScaleType::kBF16;
      for (std::byte& byte : o.scales) byte &= std::byte{0xbf};  // no infinity, no NaN
      for (std::byte& byte : o.zeros) byte &= std::byte{0xbf};
    }
  }
  for (const unsigned bits : {4u, 6u}) {
    for (const std::size_t group : {16u, 32u, 320u}) {
      Owned& o = list.emplace_back(by_outputs(CodeLayout::kWords, bits, Level::kTable, bits + group));
      set_scales(o, group == 16 ? ScaleType::kE4M3 : ScaleType::kE8M0, 1, group, random);
      for (std::byte& scale : o.scales) scale &= std::byte{0x7b};  // no NaN
      o.m.scales.global = group == 16 ? 0.3f : 1.0f;
      o.m.scales.divide = group == 16 && bits == 6;
    }
  }
  return list;
}

/// GPTQ's and AWQ's, of groups that end where words do or within them; `ordered`: inputs are of groups in no order.
Owned by_inputs(unsigned bits, bool awq, std::size_t group_inputs, bool ordered) {
  std::mt19937_64 random(bits + group_inputs);
  Owned o;
  o.m.rows = 320, o.m.cols = 96, o.m.by_inputs = true;
  set_codes(o, awq ? CodeLayout::kAwq : CodeLayout::kColumnStream, bits, random);
  set_scales(o, ScaleType::kF16, group_inputs, 1, random);
  o.m.groups = o.m.rows / group_inputs;
  o.zeros = random_bytes(o.m.groups * o.m.cols * o.m.bits / 8, random);
  o.m.zeros = {.layout = awq ? ZeroLayout::kAwq : ZeroLayout::kStream,
               .data = o.zeros.data(),
               .row_bytes = o.m.cols * o.m.bits / 8,
               .add = awq ? 0 : 1,
               .wraps = !awq && group_inputs == 64};
  for (std::size_t r = 0; r < o.m.rows; ++r) {
    const auto group = static_cast<std::int32_t>(random() % (o.m.groups + 1)) - (r == 9 ? 7 : 0);  // two hostile
    const auto* raw = reinterpret_cast<const std::byte*>(&group);
    o.groups.insert(o.groups.end(), raw, raw + 4);
  }
  if (ordered) o.m.row_groups = o.groups.data();
  return o;
}
std::vector<Owned> by_inputs() {
  std::vector<Owned> list;
  for (const std::size_t group_inputs : {64u, 40u}) {
    for (const bool ordered : {false, true}) {
      for (const unsigned bits : {2u, 3u, 4u, 8u}) list.push_back(by_inputs(bits, false, group_inputs, ordered));
      list.push_back(by_inputs(4, true, group_inputs, ordered));
    }
  }
  return list;
}

void expect_rows(const Owned& o) {
  for (const std::size_t first : {std::size_t{0}, std::size_t{8}, std::size_t{11}}) {
    const StoredRows rows = {
        .rows = o.m.rows, .cols = o.m.cols - first, .row_bytes = o.m.row_bytes, .packed = &o.m, .packed_col = first};
    for (const Kernels* k : test::all_kernels()) {
      for (std::size_t r = 0; r < o.m.rows; ++r) {
        std::vector<float> got(padded_columns(rows.cols) + 1, -1.5f), want(rows.cols);
        k->decode_row(rows, r, got.data());
        decode_packed(o.m, r, first, rows.cols, want.data());
        for (std::size_t c = 0; c < rows.cols; ++c) {
          ASSERT_EQ(test::bits_of(got[c]), test::bits_of(want[c]))
              << k->isa << " " << r << "," << c << " from " << first;
        }
        ASSERT_EQ(got.back(), -1.5f) << k->isa;
      }
    }
  }
}

TEST(Packed, RowsEqualThePlainReferenceBitForBit) {
  for (const Owned& o : all()) expect_rows(o);
  for (const Owned& o : in_whole_groups()) expect_rows(o);
  for (const Owned& o : by_inputs()) expect_rows(o);
}

/// Multiplying by the identity returns the weights, those of outputs from `first` on.
void expect_panels(const Owned& o, std::size_t first) {
  const std::size_t inputs = o.m.by_inputs ? o.m.rows : o.m.cols,
                    outputs = (o.m.by_inputs ? o.m.cols : o.m.rows) - first;
  WeightView w = {.data = o.m.codes,
                  .dtype = DType::kU8,
                  .rows = outputs + first,
                  .cols = inputs,
                  .row_bytes = o.m.row_bytes,
                  .transposed = o.m.by_inputs,
                  .packed = &o.m};
  w = w.outputs(first, outputs);
  test::Guarded identity(inputs, inputs, 0, 0);
  for (std::size_t r = 0; r < inputs; ++r) {
    for (std::size_t c = 0; c < inputs; ++c) identity.view().row(r)[c] = r == c ? 1.0f : 0.0f;
  }
  ThreadPool pool(2);
  for (const Kernels* k : test::all_kernels()) {
    test::Guarded y(inputs, outputs, 0, 0);
    k->matmul({identity.view(), w, nullptr, y.view()}, pool);
    EXPECT_TRUE(y.guards_intact());
    for (std::size_t i = 0; i < inputs; ++i) {
      for (std::size_t n = 0; n < outputs; ++n) {
        const float want = o.m.by_inputs ? packed_number(o.m, i, first + n) : packed_number(o.m, first + n, i);
        ASSERT_EQ(y.view().row(i)[n], want) << k->isa << " " << n << "," << i;
      }
    }
  }
}

TEST(Packed, PanelsEqualThePlainReference) {
  for (const std::size_t first : {std::size_t{3}, std::size_t{0}, std::size_t{8}}) {
    for (const Owned& o : all()) expect_panels(o, first);
    for (const Owned& o : in_whole_groups()) expect_panels(o, first);
    for (const Owned& o : by_inputs()) expect_panels(o, first);
  }
}

TEST(Packed, FloatsOfEightBitsAreTheirTables) {
  for (const Level level : {Level::kE4M3, Level::kE5M2}) {
    PackedMatrix m;
    std::vector<std::byte> codes(256);
    for (std::size_t i = 0; i < 256; ++i) codes[i] = static_cast<std::byte>(i);
    m.rows = 1, m.cols = 256, m.row_bytes = 256, m.codes = codes.data(), m.level = level;
    for (const Kernels* k : test::all_kernels()) {
      std::vector<float> got(256);
      k->decode_row({.rows = 1, .cols = 256, .row_bytes = 256, .packed = &m}, 0, got.data());
      for (unsigned i = 0; i < 256; ++i) {
        const auto byte = static_cast<std::uint8_t>(i);
        const float want = level == Level::kE4M3 ? e4m3_to_float(byte) : e5m2_to_float(byte);
        EXPECT_TRUE(got[i] == want || (std::isnan(got[i]) && std::isnan(want))) << k->isa << " " << i;
      }
    }
  }
}

}  // namespace
}  // namespace sg
