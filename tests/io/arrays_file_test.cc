#include "io/arrays_file.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "io/zip_entries.h"

namespace sg {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::string npy(const std::string& header, const std::string& numbers) {
  std::string text = "\x93NUMPY";
  text += '\x01';
  text += '\0';
  text += static_cast<char>(header.size() & 255);
  text += static_cast<char>(header.size() >> 8);
  return text + header + numbers;
}

const std::string kHeader = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";

/// A ZIP archive of one stored file.
std::string zip_of(const std::string& name, const std::string& content) {
  const auto number = [](std::uint64_t x, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(x >> (8 * i) & 255);
    return out;
  };
  const std::string sizes = number(content.size(), 4) + number(content.size(), 4);
  const std::string local =
      number(0x04034b50, 4) + std::string(14, '\0') + sizes + number(name.size(), 2) + number(0, 2) + name + content;
  const std::string central = number(0x02014b50, 4) + std::string(16, '\0') + sizes + number(name.size(), 2) +
                              std::string(12, '\0') + number(0, 4) + name;
  return local + central + number(0x06054b50, 4) + number(0, 4) + number(1, 2) + number(1, 2) +
         number(central.size(), 4) + number(local.size(), 4) + number(0, 2);
}

TEST(Npy, ShapeAndNumbers) {
  const std::string file = npy(kHeader, std::string(24, 'a'));
  const Result<TensorInfo> array = parse_npy(bytes_of(file), "x", "file");
  ASSERT_TRUE(array.ok()) << array.error().message();
  EXPECT_EQ(array.value().shape, (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(array.value().dtype, DType::kF32);
  EXPECT_EQ(array.value().bytes, 24u);
  EXPECT_EQ(static_cast<char>(*array.value().data), 'a');
}

TEST(Npy, AScalarAndAVector) {
  EXPECT_TRUE(parse_npy(bytes_of(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", std::string(8, 'a'))),
                        "x", "file")
                  .ok());
  const std::string file = npy("{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }", std::string(24, 'a'));
  const Result<TensorInfo> vector = parse_npy(bytes_of(file), "x", "file");
  ASSERT_TRUE(vector.ok());
  EXPECT_EQ(vector.value().shape, std::vector<std::uint64_t>{3});
}

TEST(Npy, RefusesWhatItCannotRead) {
  for (const char* header : {"{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }",
                             "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }",
                             "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
                             "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 2), }",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (x,), }", "{}", ""}) {
    EXPECT_FALSE(parse_npy(bytes_of(npy(header, std::string(64, 'a'))), "x", "file").ok()) << header;
  }
}

// Nothing that a damaged file says is believed: no read past the end, whatever the sanitizers are told.
TEST(Npy, DamagedFilesAreErrorsOrArraysInside) {
  const std::string whole = npy(kHeader, std::string(24, 'a'));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(parse_npy(bytes_of(whole.substr(0, length)), "x", "file").ok()) << length;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int flip = 1; flip < 256; flip *= 2) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      const Result<TensorInfo> array = parse_npy(bytes_of(damaged), "x", "file");
      if (!array.ok()) continue;
      const char* first = reinterpret_cast<const char*>(array.value().data);
      EXPECT_GE(first, damaged.data());
      EXPECT_LE(first + array.value().bytes, damaged.data() + damaged.size());
    }
  }
}

TEST(Zip, StoredEntries) {
  const std::string archive = zip_of("a.npy", "content");
  const auto entries = zip_entries(bytes_of(archive), "file");
  ASSERT_TRUE(entries.ok()) << entries.error().message();
  ASSERT_EQ(entries.value().size(), 1u);
  EXPECT_EQ(entries.value()[0].name, "a.npy");
  EXPECT_EQ(std::memcmp(entries.value()[0].bytes.data(), "content", 7), 0);
  EXPECT_EQ(entries.value()[0].bytes.size(), 7u);
}

TEST(Zip, DamagedArchivesAreErrorsOrEntriesInside) {
  const std::string whole = zip_of("a.npy", "content");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(zip_entries(bytes_of(whole.substr(0, length)), "file").ok()) << length;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int flip = 1; flip < 256; flip *= 2) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      const auto entries = zip_entries(bytes_of(damaged), "file");
      if (!entries.ok()) continue;
      for (const ZipEntry& entry : entries.value()) {
        const char* first = reinterpret_cast<const char*>(entry.bytes.data());
        EXPECT_GE(first, damaged.data());
        EXPECT_LE(first + entry.bytes.size(), damaged.data() + damaged.size());
      }
    }
  }
}

}  // namespace
}  // namespace sg
