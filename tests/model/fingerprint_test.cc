// Which model it is: what the sample sees, what only all bytes tell, and sums that are kept.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "model/file_hash.h"
#include "model/model.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(SG_TEST_DATA) / "golden" / "llama-deep";
// sha256sum of the file.
constexpr const char* kSumOfGguf = "8a5f114258eefb1c76e96c63c8f356aae716fca26c9d86d0bdc392ff611e16b1";

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const fs::path& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }

class Fingerprint : public ::testing::Test {
 protected:
  Fingerprint() : folder_(fs::temp_directory_path() / ("sg_fingerprint_" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    ::setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);  // not the cache of whoever runs the tests
  }
  ~Fingerprint() override {
    ::unsetenv("XDG_CACHE_HOME");
    fs::remove_all(folder_);
  }
  struct Both {
    std::string sample, content;
  };
  /// Of a GGUF, its bytes changed.
  Both of(const std::function<void(std::string&)>& change, const char* golden = "llama-deep") const {
    std::string bytes = read(kGolden.parent_path() / golden / "model.gguf");
    change(bytes);
    const fs::path file = folder_ / ("model-" + std::to_string(++copies_) + ".gguf");
    write(file, bytes);
    const Result<Model> model = open_model(file);
    if (!model.ok()) return {model.error().message(), {}};
    return {fingerprint(model.value()), content_hash(model.value()).value()};
  }

  fs::path folder_;
  mutable int copies_ = 0;
};

TEST_F(Fingerprint, OfACopyIsTheSame) {
  const Both one = of([](std::string&) {}), other = of([](std::string&) {});
  EXPECT_EQ(one.sample, other.sample);
  EXPECT_EQ(one.content, other.content);
  EXPECT_EQ(one.content.size(), 64u);
  EXPECT_NE(one.content, one.sample);
}

TEST_F(Fingerprint, EveryByteOfMetadataCounts) {
  const Both before = of([](std::string&) {}, "apertus-plain-rope");
  const Both after = of(
      [](std::string& bytes) {  // one item of a list: the key, type array, item type, count, items
        const std::string key = "xielu.alpha_p";
        const std::size_t at = bytes.find(key);
        ASSERT_NE(at, std::string::npos);
        bytes[at + key.size() + 4 + 4 + 8] ^= 1;
      },
      "apertus-plain-rope");
  EXPECT_EQ(after.sample.size(), 64u) << after.sample;
  EXPECT_NE(before.sample, after.sample);
  EXPECT_NE(before.content, after.content);
}

TEST_F(Fingerprint, AWeightBetweenTheSamplesIsSeenByTheContentOnly) {
  const Both before = of([](std::string&) {});
  const Model model = open_model(kGolden / "model.gguf").value();
  const TensorInfo& table = *model.checkpoint.find("token_embd.weight");
  ASSERT_GT(table.bytes, 16u * 128u);  // the windows leave something out
  const auto offset = static_cast<std::size_t>(table.data - model.checkpoint.files[0].bytes().data());
  const Both after = of([&](std::string& bytes) { bytes[offset + 100] ^= 1; });
  EXPECT_EQ(before.sample, after.sample);
  EXPECT_NE(before.content, after.content);
}

TEST_F(Fingerprint, OfAChangedFileIsAnError) {
  const fs::path file = folder_ / "model.gguf";
  fs::copy_file(kGolden / "model.gguf", file);
  const Model model = open_model(file).value();
  fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(1));
  const Result<std::string> hash = content_hash(model);
  ASSERT_FALSE(hash.ok());
  EXPECT_EQ(hash.error().exit_code(), 3);
  const std::atomic<bool> stop = true;
  EXPECT_EQ(content_hash(open_model(kGolden / "model.gguf").value(), &stop).error().exit_code(), 130);
}

// The checked-out file is older than a write that a clock's tick could hide.
TEST_F(Fingerprint, ASumIsKeptAndUsed) {
  const FileMap file = FileMap::open(kGolden / "model.gguf").value();
  const fs::path kept = folder_ / "kept";
  EXPECT_EQ(file_hash(file, nullptr, kept).value(), kSumOfGguf);
  ASSERT_EQ(std::distance(fs::directory_iterator(kept), {}), 1);
  const fs::path entry = fs::directory_iterator(kept)->path();
  std::string line = read(entry);
  const std::string other(64, 'a');
  write(entry, line.substr(0, line.size() - 65) + other + "\n");
  EXPECT_EQ(file_hash(file, nullptr, kept).value(), other) << "read again";
  for (const std::string& useless : {std::string(), std::string("1 2 3 ") + other + "\n", line.substr(0, 80),
                                     line.substr(0, line.size() - 65) + std::string(64, 'G') + "\n"}) {
    write(entry, useless);
    EXPECT_EQ(file_hash(file, nullptr, kept).value(), kSumOfGguf);
    EXPECT_EQ(read(entry), line) << "not mended";
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(kept), {}), 1) << "something was left";
}

TEST_F(Fingerprint, ASumIsNotKeptWhereItCannotOrMustNot) {
  const fs::path fresh = folder_ / "fresh";
  write(fresh, "abc");
  const std::string sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // FIPS 180-2
  const FileMap file = FileMap::open(fresh).value();
  EXPECT_EQ(file_hash(file, nullptr, folder_ / "kept").value(), sum);
  EXPECT_FALSE(fs::exists(folder_ / "kept"));  // it was written a moment ago
  write(folder_ / "blocked", "no folder");
  const FileMap old = FileMap::open(kGolden / "model.gguf").value();
  EXPECT_EQ(file_hash(old, nullptr, folder_ / "blocked" / "kept").value(), kSumOfGguf);
  EXPECT_EQ(file_hash(old, nullptr, "relative").value(), kSumOfGguf);
  EXPECT_FALSE(fs::exists("relative"));
}

}  // namespace
}  // namespace sg
