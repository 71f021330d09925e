#include "io/safetensors.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "io/writers.h"

namespace sg {
namespace {

using test::bytes_of;
using test::safetensors_file;
using test::StoredTensor;
using test::write_safetensors;

std::string error_of(const std::string& file) {
  const auto header = parse_safetensors_header(bytes_of(file), "test.safetensors");
  if (header.ok()) return "no error";
  EXPECT_EQ(header.error().exit_code(), 3);
  return header.error().message();
}

/// Message of the file with this header and `data` zero bytes.
std::string error_of_header(const std::string& header, std::size_t data) {
  return error_of(safetensors_file(header, std::string(data, '\0')));
}

#define SG_EXPECT_ERROR(message, part) \
  EXPECT_NE((message).find(part), std::string::npos) << "wanted: " << (part) << "\ngot: " << (message)

rc::Gen<std::string> tensor_name() {
  return rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab.0_\"\\\n\t /{}")));
}

std::vector<StoredTensor> random_tensors() {
  static const std::vector<std::pair<std::string, std::size_t>> kTypes = {
      {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"BOOL", 1}, {"U8", 1},
      {"I8", 1},  {"U16", 2}, {"I16", 2}, {"U32", 4},  {"I32", 4},     {"U64", 8},     {"I64", 8}};
  std::vector<StoredTensor> tensors;
  for (const std::string& name : *rc::gen::unique<std::vector<std::string>>(tensor_name())) {
    const auto& [dtype, size] = *rc::gen::elementOf(kTypes);
    const auto shape =
        *rc::gen::resize(4, rc::gen::container<std::vector<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, 5)));
    std::size_t items = 1;
    for (const std::uint64_t dim : shape) items *= dim;
    const auto data = *rc::gen::container<std::string>(items * size, rc::gen::arbitrary<char>());
    tensors.push_back({name, dtype, shape, data});
  }
  return tensors;
}

RC_GTEST_PROP(Safetensors, ReadsBackWhatWasWritten, ()) {
  std::vector<StoredTensor> tensors = random_tensors();
  const std::string file = write_safetensors(tensors, R"({"format":"pt","a\n":""})");
  const auto parsed = parse_safetensors_header(bytes_of(file), "f");
  if (!parsed.ok()) RC_FAIL(parsed.error().message());
  const SafetensorsHeader& header = parsed.value();
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  RC_ASSERT(header.tensors.size() == tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const TensorInfo& got = header.tensors[i];
    RC_ASSERT(got.name == tensors[i].name);
    RC_ASSERT(std::string(name(got.dtype)) == tensors[i].dtype);
    RC_ASSERT(got.shape == tensors[i].shape);
    RC_ASSERT(std::string(reinterpret_cast<const char*>(got.data), got.bytes) == tensors[i].data);
  }
  using Pair = std::pair<std::string, std::string>;
  RC_ASSERT(header.metadata == (std::vector<Pair>{{"a\n", ""}, {"format", "pt"}}));
  RC_ASSERT(header.warnings.empty());
}

TEST(Safetensors, ReadsNumbersAbove2To53Exactly) {
  const std::string header = R"({"a":{"dtype":"U8","shape":[0,9007199254740993],"data_offsets":[0,0]}})";
  const std::string file = safetensors_file(header, "");
  const auto parsed = parse_safetensors_header(bytes_of(file), "f");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  EXPECT_EQ(parsed.value().tensors[0].shape[1], 9007199254740993u);
}

TEST(Safetensors, WarnsWhenTheHeaderStartsWithBlanks) {
  const std::string file = safetensors_file(" {}", "");
  EXPECT_EQ(parse_safetensors_header(bytes_of(file), "f").value().warnings.size(), 1u);
}

TEST(Safetensors, NamesEveryFaultOfTheLength) {
  SG_EXPECT_ERROR(error_of(""), "HeaderTooSmall");
  SG_EXPECT_ERROR(error_of("1234567"), "HeaderTooSmall");
  std::string file;
  test::put(file, std::uint64_t{100'000'001});
  SG_EXPECT_ERROR(error_of(file), "HeaderTooLarge");
  file.clear();
  test::put(file, std::uint64_t{3});
  SG_EXPECT_ERROR(error_of(file + "{}"), "InvalidHeaderLength");
}

TEST(Safetensors, NamesEveryFaultOfTheJson) {
  SG_EXPECT_ERROR(error_of_header("{\"\xff\":1}", 0), "InvalidHeader:");
  const std::string kind = "InvalidHeaderDeserialization";
  for (const char* header :
       {"", "{", "[]", "nonsense", R"({"a":1})", R"({"a":{}})", R"({"a":{"dtype":"F32","shape":[1]}})",
        R"({"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}})",
        R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})",
        R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})",
        R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})",
        R"({"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}})",
        R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})",
        R"({"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", R"({"__metadata__":{"a":1}})",
        R"({"__metadata__":[]})", R"({"__metadata__":{},"__metadata__":{}})", R"({"__metadata__":{"a":"","a":""}})"}) {
    SG_EXPECT_ERROR(error_of_header(header, 4), kind);
  }
  const std::string tensor = R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  SG_EXPECT_ERROR(error_of_header("{" + tensor + "," + tensor + "}", 0), kind + ": tensor 'a' stands twice");
  const std::string unknown = error_of_header(R"({"a":{"dtype":"F9","shape":[1],"data_offsets":[0,1]}})", 1);
  SG_EXPECT_ERROR(unknown, kind + ": unknown dtype of tensor 'a'; expected one of F64 F32");
  SG_EXPECT_ERROR(unknown, "got 'F9'");
}

TEST(Safetensors, NamesEveryFaultOfTheLayout) {
  const auto tensor = [](const char* name, const char* offsets, const char* shape = "4", const char* dtype = "U8") {
    return "\"" + std::string(name) + R"(":{"dtype":")" + dtype + R"(","shape":[)" + shape + R"(],"data_offsets":[)" +
           offsets + "]}";
  };
  SG_EXPECT_ERROR(error_of_header("{" + tensor("a", "1,5") + "}", 5), "InvalidOffset: tensor 'a'");
  SG_EXPECT_ERROR(error_of_header("{" + tensor("a", "0,4") + "," + tensor("b", "3,7") + "}", 7),
                  "InvalidOffset: tensor 'b'");
  SG_EXPECT_ERROR(error_of_header("{" + tensor("a", "0,4") + "," + tensor("b", "5,9") + "}", 9),
                  "InvalidOffset: tensor 'b'");
  SG_EXPECT_ERROR(error_of_header("{" + tensor("a", "0,4") + "," + tensor("b", "4,0") + "}", 4),
                  "InvalidOffset: tensor 'b'");
  SG_EXPECT_ERROR(error_of_header("{" + tensor("a", "0,5") + "}", 5), "TensorInvalidInfo");
  SG_EXPECT_ERROR(error_of_header("{" + tensor("a", "0,4") + "}", 5), "MetadataIncompleteBuffer");
  SG_EXPECT_ERROR(error_of_header("{" + tensor("a", "0,4") + "}", 3), "MetadataIncompleteBuffer");
  SG_EXPECT_ERROR(error_of_header("{}", 1), "MetadataIncompleteBuffer");
  SG_EXPECT_ERROR(error_of_header("{" + tensor("a", "0,4", "4294967296,4294967296") + "}", 4), "ValidationOverflow");
  SG_EXPECT_ERROR(error_of_header("{" + tensor("a", "0,4", "2305843009213693952", "F64") + "}", 4),
                  "ValidationOverflow");
  SG_EXPECT_ERROR(error_of_header("{" + tensor("a", "0,4", "3", "F4") + "}", 4), "MisalignedSlice");
  SG_EXPECT_ERROR(error_of_header("{" + tensor("a", "0,4", "8", "F4") + "}", 4),
                  "dtype F4 of tensor 'a' is not supported");
}

}  // namespace
}  // namespace sg
