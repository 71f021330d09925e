#include "io/gguf.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "io/writers.h"

namespace sg {

bool operator==(const MetaBytes& a, const MetaBytes& b) { return a.bytes == b.bytes; }  // for whole MetaValues

namespace {

using test::bytes_of;
using test::GgufWriter;

std::string error_of(const std::string& file) {
  const auto contents = parse_gguf(bytes_of(file), "test.gguf");
  if (contents.ok()) return "no error";
  EXPECT_EQ(contents.error().exit_code(), 3);
  return contents.error().message();
}

#define SG_EXPECT_ERROR(message, part) \
  EXPECT_NE((message).find(part), std::string::npos) << "wanted: " << (part) << "\ngot: " << (message)

struct GgmlType {
  std::uint32_t id;
  DType dtype;
};
const std::vector<GgmlType> kGgmlTypes = {
    {0, DType::kF32},   {1, DType::kF16},   {2, DType::kQ4_0},    {3, DType::kQ4_1},    {6, DType::kQ5_0},
    {7, DType::kQ5_1},  {8, DType::kQ8_0},  {10, DType::kQ2_K},   {11, DType::kQ3_K},   {12, DType::kQ4_K},
    {13, DType::kQ5_K}, {14, DType::kQ6_K}, {20, DType::kIQ4_NL}, {23, DType::kIQ4_XS}, {24, DType::kI8},
    {25, DType::kI16},  {26, DType::kI32},  {27, DType::kI64},    {28, DType::kF64},    {30, DType::kBF16}};

RC_GTEST_PROP(Gguf, ReadsBackWhatWasWritten, ()) {
  GgufWriter writer;
  writer.version = *rc::gen::element(2u, 3u);
  writer.alignment = *rc::gen::element(8u, 32u, 64u, 24u);
  writer.number("general.alignment", test::kGgufU32, static_cast<std::uint32_t>(writer.alignment));
  const auto words = *rc::gen::arbitrary<std::vector<std::string>>();
  const auto scores = *rc::gen::arbitrary<std::vector<float>>();
  const auto counts = *rc::gen::arbitrary<std::vector<std::int32_t>>();
  writer.strings("words", words);
  writer.numbers("scores", test::kGgufF32, scores);
  writer.numbers("counts", test::kGgufI32, counts);
  struct Written {
    std::string name, data;
    DType dtype;
    std::vector<std::uint64_t> shape;
  };
  std::vector<Written> written;
  const auto names = *rc::gen::unique<std::vector<std::string>>(
      rc::gen::resize(20, rc::gen::container<std::string>(rc::gen::inRange<char>('a', 'e'))));
  for (const std::string& tensor_name : names) {
    const GgmlType type = *rc::gen::elementOf(kGgmlTypes);
    auto shape =
        *rc::gen::resize(3, rc::gen::container<std::vector<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, 4)));
    shape.push_back(*rc::gen::inRange<std::uint64_t>(0, 3) * traits(type.dtype).block_items);
    std::uint64_t items = 1;
    for (const std::uint64_t dim : shape) items *= dim;
    const std::string data(byte_size(type.dtype, items).value(), static_cast<char>(written.size() + 1));
    writer.tensor(tensor_name, type.id, shape, data);
    written.push_back({tensor_name, data, type.dtype, shape});
  }
  const std::string file = writer.file();
  const auto parsed = parse_gguf(bytes_of(file), "f");
  if (!parsed.ok()) RC_FAIL(parsed.error().message());
  const GgufContents& contents = parsed.value();
  RC_ASSERT(contents.version == writer.version);
  const auto& got_words = std::get<std::vector<std::string_view>>(contents.metadata.at("words"));
  RC_ASSERT(std::equal(got_words.begin(), got_words.end(), words.begin(), words.end()));
  const auto& got_scores = std::get<std::vector<double>>(contents.metadata.at("scores"));
  RC_ASSERT(std::equal(got_scores.begin(), got_scores.end(), scores.begin(), scores.end()));
  const auto& got_counts = std::get<std::vector<std::int64_t>>(contents.metadata.at("counts"));
  RC_ASSERT(std::equal(got_counts.begin(), got_counts.end(), counts.begin(), counts.end()));
  std::sort(written.begin(), written.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  RC_ASSERT(contents.tensors.size() == written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    const TensorInfo& got = contents.tensors[i];
    RC_ASSERT(got.name == written[i].name);
    RC_ASSERT(got.dtype == written[i].dtype);
    RC_ASSERT(got.shape == written[i].shape);
    RC_ASSERT(std::string(reinterpret_cast<const char*>(got.data), got.bytes) == written[i].data);
  }
}

TEST(Gguf, KeepsSignsAndTypesOfValues) {
  GgufWriter writer;
  writer.number("u8", test::kGgufU8, std::uint8_t{255});
  writer.number("i8", test::kGgufI8, std::int8_t{-1});
  writer.number("u16", test::kGgufU16, std::uint16_t{65535});
  writer.number("i16", test::kGgufI16, std::int16_t{-2});
  writer.number("u32", test::kGgufU32, std::uint32_t{4294967295u});
  writer.number("i32", test::kGgufI32, std::int32_t{-3});
  writer.number("f32", test::kGgufF32, 0.5f);
  writer.number("yes", test::kGgufBool, std::uint8_t{1});
  writer.number("u64", test::kGgufU64, std::uint64_t{18446744073709551615u});
  writer.number("i64", test::kGgufI64, std::int64_t{-9007199254740993});
  writer.number("f64", test::kGgufF64, 1e300);
  writer.string("text", "caf\xc3\xa9");
  writer.numbers("flags", test::kGgufBool, std::vector<std::uint8_t>{1, 0});
  writer.numbers("bytes", test::kGgufU8, std::vector<std::uint8_t>{0, 255});
  const std::string file = writer.file();
  const auto parsed = parse_gguf(bytes_of(file), "f");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  const auto& metadata = parsed.value().metadata;
  const std::vector<std::pair<const char*, MetaValue>> expected = {{"u8", std::uint64_t{255}},
                                                                   {"i8", std::int64_t{-1}},
                                                                   {"u16", std::uint64_t{65535}},
                                                                   {"i16", std::int64_t{-2}},
                                                                   {"u32", std::uint64_t{4294967295u}},
                                                                   {"i32", std::int64_t{-3}},
                                                                   {"f32", 0.5},
                                                                   {"yes", true},
                                                                   {"u64", std::uint64_t{18446744073709551615u}},
                                                                   {"i64", std::int64_t{-9007199254740993}},
                                                                   {"f64", 1e300},
                                                                   {"text", std::string_view("caf\xc3\xa9")},
                                                                   {"flags", std::vector<std::int64_t>{1, 0}},
                                                                   {"bytes", std::vector<std::int64_t>{0, 255}}};
  ASSERT_EQ(metadata.size(), expected.size());
  for (const auto& [key, value] : expected) EXPECT_EQ(metadata.find(key)->second, value) << key;
}

std::string header(std::uint32_t version, std::uint64_t tensors, std::uint64_t keys) {
  std::string out = "GGUF";
  test::put(out, version);
  test::put(out, tensors);
  test::put(out, keys);
  return out;
}

TEST(Gguf, RefusesOtherFilesAndVersions) {
  SG_EXPECT_ERROR(error_of("PK\x03\x04 something else entirely"), "not a GGUF file");
  SG_EXPECT_ERROR(error_of("GG"), "not a GGUF file");
  SG_EXPECT_ERROR(error_of(header(1, 0, 0)), "version 1 is obsolete");
  SG_EXPECT_ERROR(error_of(header(0x03000000u, 0, 0)), "big-endian");
  SG_EXPECT_ERROR(error_of(header(4, 0, 0)), "unknown GGUF version");
  SG_EXPECT_ERROR(error_of(header(0, 0, 0)), "unknown GGUF version");
}

TEST(Gguf, RefusesHostileCountsBeforeItAllocates) {
  const std::uint64_t huge = ~std::uint64_t{0};
  const std::string padding(64, '\0');
  SG_EXPECT_ERROR(error_of(header(3, 0, huge) + padding), "more key-values than the file has room for");
  SG_EXPECT_ERROR(error_of(header(3, huge, 0) + padding), "more tensors than the file has room for");
  std::string long_key = header(3, 0, 1);
  test::put(long_key, huge);
  SG_EXPECT_ERROR(error_of(long_key + padding), "the file ends inside key 1 of 1");
  for (const std::uint64_t count : {huge, std::uint64_t{1} << 61, std::uint64_t{1} << 22}) {
    for (const std::uint32_t type : {test::kGgufU8, test::kGgufF64, test::kGgufString}) {
      std::string value;
      test::put(value, type);
      test::put(value, count);
      GgufWriter writer;
      writer.key("array", test::kGgufArray, value);
      SG_EXPECT_ERROR(error_of(writer.file()), "'array'");
    }
  }
}

TEST(Gguf, RefusesBrokenKeyValues) {
  const auto message = [](auto fill) {
    GgufWriter writer;
    fill(writer);
    return error_of(writer.file());
  };
  SG_EXPECT_ERROR(message([](auto& w) { w.number("a", test::kGgufU8, 'x'), w.number("a", test::kGgufU8, 'y'); }),
                  "key 'a' stands twice");
  SG_EXPECT_ERROR(message([](auto& w) { w.number("a\n", test::kGgufU8, 'x'); }), "not printable ASCII; got 'a\\x0a'");
  SG_EXPECT_ERROR(message([](auto& w) { w.number(std::string(65536, 'a'), test::kGgufU8, 'x'); }), "a key is too long");
  SG_EXPECT_ERROR(message([](auto& w) { w.number("a", 13, 'x'); }), "unknown value type of key 'a'");
  SG_EXPECT_ERROR(message([](auto& w) { w.number("a", test::kGgufBool, std::uint8_t{2}); }), "not a boolean");
  SG_EXPECT_ERROR(message([](auto& w) { w.template numbers<std::uint32_t>("a", test::kGgufArray, {}); }),
                  "holds arrays");
  SG_EXPECT_ERROR(message([](auto& w) { w.template numbers<std::uint32_t>("a", 13, {}); }), "unknown item type");
  SG_EXPECT_ERROR(message([](auto& w) { w.numbers("a", test::kGgufU64, std::vector{~std::uint64_t{0}}); }), "2^63");
  SG_EXPECT_ERROR(message([](auto& w) { w.number("general.alignment", test::kGgufU32, 0u); }), "general.alignment");
  SG_EXPECT_ERROR(message([](auto& w) { w.number("general.alignment", test::kGgufU32, 12u); }), "general.alignment");
  SG_EXPECT_ERROR(message([](auto& w) { w.string("general.alignment", "32"); }), "general.alignment");
}

TEST(Gguf, RefusesBrokenTensors) {
  const auto message = [](auto fill) {
    GgufWriter writer;
    fill(writer);
    return error_of(writer.file());
  };
  const std::string four(4, '\0'), block(18, '\0');
  const std::string unsupported = message([&](auto& w) { w.tensor("blk.0.ffn_up.weight", 31, {256}, four); });
  SG_EXPECT_ERROR(unsupported,
                  "Q4_0_4_4 (type 31) of tensor 'blk.0.ffn_up.weight' is not supported; expected one of F32");
  SG_EXPECT_ERROR(message([&](auto& w) { w.tensor("a", 9, {32}, four); }), "Q8_1");
  SG_EXPECT_ERROR(message([&](auto& w) { w.tensor("a", 4000, {32}, four); }), "type 4000 of tensor 'a'");
  SG_EXPECT_ERROR(message([&](auto& w) { w.tensor("a", 0, {1}, four), w.tensor("a", 0, {1}, four); }), "stands twice");
  SG_EXPECT_ERROR(message([&](auto& w) { w.tensor("a", 0, {1, 1, 1, 1, 1}, four); }), "too many dimensions");
  SG_EXPECT_ERROR(message([&](auto& w) { w.tensor(std::string(65, 'a'), 0, {1}, four); }), "too long");
  // 16 rows of 2 items are whole blocks in sum, but no row is.
  SG_EXPECT_ERROR(message([&](auto& w) { w.tensor("a", 2, {16, 2}, block); }), "whole blocks");
  SG_EXPECT_ERROR(message([&](auto& w) { w.tensor("a", 0, {1u << 31, 1u << 31, 16}, four); }), "not possible");
  SG_EXPECT_ERROR(message([&](auto& w) { w.tensor("a", 0, {std::uint64_t{1} << 62, 2}, four); }), "not possible");
  SG_EXPECT_ERROR(message([&](auto& w) { w.tensor("a", 0, {2}, four); }), "'a' reaches past the end");
  SG_EXPECT_ERROR(message([&](auto& w) { w.tensor("a", 0, {1}, four), w.tensor_at("b", 0, {1}, ~std::uint64_t{31}); }),
                  "'b' reaches past the end");
  SG_EXPECT_ERROR(message([&](auto& w) { w.tensor("a", 0, {1}, four), w.tensor_at("b", 0, {1}, 0); }),
                  "tensors 'a' and 'b' overlap");
  SG_EXPECT_ERROR(message([&](auto& w) { w.tensor("a", 0, {1}, four), w.tensor_at("b", 0, {1}, 4); }), "not aligned");
}

TEST(Gguf, TablesOfBytesStayInTheFile) {
  const std::vector<std::uint8_t> table(kMostByteNumbers + 1, 7), flags(kMostByteNumbers, 1);
  GgufWriter writer;
  writer.numbers("a.table", test::kGgufU8, table);
  writer.numbers("b.flags", test::kGgufBool, flags);
  writer.number("c.after", test::kGgufU32, std::uint32_t{5});
  const std::string file = writer.file();
  const auto contents = parse_gguf(bytes_of(file), "test.gguf").value();
  const auto* bytes = std::get_if<MetaBytes>(&contents.metadata.find("a.table")->second);
  ASSERT_NE(bytes, nullptr);
  EXPECT_EQ(bytes->bytes, std::string(table.size(), '\7'));
  EXPECT_GE(bytes->bytes.data(), file.data());  // no copy
  EXPECT_LT(bytes->bytes.data(), file.data() + file.size());
  const auto* numbers = std::get_if<std::vector<std::int64_t>>(&contents.metadata.find("b.flags")->second);
  ASSERT_NE(numbers, nullptr);
  EXPECT_EQ(*numbers, std::vector<std::int64_t>(flags.size(), 1));
  EXPECT_EQ(std::get<std::uint64_t>(contents.metadata.find("c.after")->second), 5u);
}

}  // namespace
}  // namespace sg
