// Written files are read back by the strict reader; a failed or abandoned write leaves nothing behind.
#include "io/tensor_write.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <map>

#include "io/file_map.h"
#include "io/safetensors.h"
#include "io/temp_folder.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span<const T>(values));
}

TEST(SafetensorsWrite, ReadsBackWithEveryNameShapeAndByte) {
  const test::TempFolder folder;
  const fs::path file = folder.path() / "acts.safetensors";
  const std::vector<float> a = {1.5f, -2.0f, 3.25f, 0.0f, 5.0f, 6.0f};
  const std::vector<std::int64_t> ids = {-1, 1LL << 40};
  Result<TensorWriter> writer =
      TensorWriter::create(file, {{"b.a", DType::kF32, {3, 2}}, {"ids", DType::kI64, {2}}, {"a", DType::kF32, {0, 2}}},
                           {{"model", "a \"quoted\" name\n\\ é"}, {"format", "pt"}});
  ASSERT_TRUE(writer.ok()) << writer.error().message();
  EXPECT_FALSE(fs::exists(file)) << "the name appears when the file is whole";
  ASSERT_TRUE(writer.value().write(0, 16, bytes_of(a).subspan(16)).ok());  // any order
  ASSERT_TRUE(writer.value().write(1, 0, bytes_of(ids)).ok());
  ASSERT_TRUE(writer.value().write(0, 0, bytes_of(a).first(16)).ok());
  ASSERT_TRUE(writer.value().finish().ok());
  EXPECT_EQ(files_in(folder.path()), 1u);
  EXPECT_EQ(fs::file_size(file), writer.value().file_bytes());

  const Result<FileMap> map = FileMap::open(file);
  ASSERT_TRUE(map.ok());
  const Result<SafetensorsHeader> header = parse_safetensors_header(map.value().bytes(), "acts");
  ASSERT_TRUE(header.ok()) << header.error().message();
  EXPECT_TRUE(header.value().warnings.empty());
  const auto& tensors = header.value().tensors;
  ASSERT_EQ(tensors.size(), 3u);
  EXPECT_EQ(tensors[0].name, "a");
  EXPECT_EQ(tensors[1].name, "b.a");
  EXPECT_EQ(tensors[1].shape, (std::vector<std::uint64_t>{3, 2}));
  EXPECT_EQ(std::memcmp(tensors[1].data, a.data(), tensors[1].bytes), 0);
  EXPECT_EQ(tensors[2].dtype, DType::kI64);
  EXPECT_EQ(std::memcmp(tensors[2].data, ids.data(), tensors[2].bytes), 0);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensors[2].data) % 8, 0u) << "integers are aligned";
  const std::vector<std::pair<std::string, std::string>> metadata = {{"format", "pt"},
                                                                     {"model", "a \"quoted\" name\n\\ é"}};
  EXPECT_EQ(header.value().metadata, metadata);
}

RC_GTEST_PROP(SafetensorsWrite, AnyPlanReadsBack, ()) {
  const test::TempFolder folder;
  const auto shapes = *rc::gen::container<std::vector<std::vector<std::uint8_t>>>(
      rc::gen::resize(3, rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 5))));
  std::vector<TensorPlan> plan;
  std::map<std::string, std::vector<float>> content;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    plan.push_back({.name = "t" + std::to_string(i * 7919 % 1000), .dtype = DType::kF32, .shape = {}});
    std::size_t items = 1;
    for (const std::uint8_t dim : shapes[i]) {
      plan.back().shape.push_back(dim);
      items *= dim;
    }
    std::vector<float>& values = content[plan.back().name];
    for (std::size_t k = 0; k < items; ++k) values.push_back(static_cast<float>(i * 100 + k));
  }
  Result<TensorWriter> writer = TensorWriter::create(folder.path() / "f", plan, {});
  RC_ASSERT(writer.ok());
  for (std::size_t i = 0; i < plan.size(); ++i)
    RC_ASSERT(writer.value().write(i, 0, bytes_of(content[plan[i].name])).ok());
  RC_ASSERT(writer.value().finish().ok());
  const Result<FileMap> map = FileMap::open(folder.path() / "f");
  const Result<SafetensorsHeader> header = parse_safetensors_header(map.value().bytes(), "f");
  RC_ASSERT(header.ok());
  RC_ASSERT(header.value().tensors.size() == plan.size());
  for (const TensorInfo& t : header.value().tensors) {
    const std::vector<float>& values = content[t.name];
    RC_ASSERT(t.bytes == values.size() * sizeof(float));
    const bool equal = values.empty() || std::memcmp(t.data, values.data(), t.bytes) == 0;
    RC_ASSERT(equal);  // RC_ASSERT takes an expression apart and would lose the short circuit
  }
}

TEST(SafetensorsWrite, WithoutFinishNothingIsLeftAndAnOldFileStays) {
  const test::TempFolder folder;
  const fs::path file = folder.write("acts", "old");
  {
    Result<TensorWriter> writer = TensorWriter::create(file, {{"t", DType::kF32, {4}}}, {});
    ASSERT_TRUE(writer.ok());
    EXPECT_LE(files_in(folder.path()), 2u);  // 1 where a file may be without a name
  }
  EXPECT_EQ(files_in(folder.path()), 1u);
  EXPECT_EQ(fs::file_size(file), 3u);
}

TEST(SafetensorsWrite, NoRoomIsAResourceErrorBeforeAnythingIsComputed) {
  const test::TempFolder folder;
  rlimit old = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {.rlim_cur = 4096, .rlim_max = old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Result<TensorWriter> writer = TensorWriter::create(folder.path() / "acts", {{"t", DType::kF32, {1 << 20}}}, {});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(writer.ok());
  EXPECT_EQ(writer.error().exit_code(), 4);
  EXPECT_EQ(files_in(folder.path()), 0u);
}

TEST(SafetensorsWrite, PlacesThatCannotHoldAFile) {
  const test::TempFolder folder;
  const std::vector<TensorPlan> plan = {{"t", DType::kF32, {1}}};
  const auto missing = TensorWriter::create(folder.path() / "no" / "acts", plan, {});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().exit_code(), 3);
  const auto is_folder = TensorWriter::create(folder.path(), plan, {});
  ASSERT_FALSE(is_folder.ok());
  EXPECT_EQ(is_folder.error().exit_code(), 3);
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto to_pipe = TensorWriter::create(pipe, plan, {});
  ASSERT_FALSE(to_pipe.ok());
  EXPECT_NE(to_pipe.error().message().find("regular file"), std::string::npos);
  const std::vector<TensorPlan> huge = {{"t", DType::kF32, {UINT64_MAX, 2}}};
  const auto overflow = TensorWriter::create(folder.path() / "acts", huge, {});
  ASSERT_FALSE(overflow.ok());
  EXPECT_EQ(overflow.error().exit_code(), 4);
}

TEST(SafetensorsWrite, NullDeviceIsWrittenToDirectly) {
  Result<TensorWriter> writer = TensorWriter::create("/dev/null", {{"t", DType::kF32, {1}}}, {});
  ASSERT_TRUE(writer.ok()) << writer.error().message();
  const std::vector<float> one = {1};
  EXPECT_TRUE(writer.value().write(0, 0, bytes_of(one)).ok());
  EXPECT_TRUE(writer.value().finish().ok());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace sg
