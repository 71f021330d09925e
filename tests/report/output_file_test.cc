#include "report/file/output_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <thread>

namespace sg {
namespace {

namespace fs = std::filesystem;

class OutputFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sg-output-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  fs::path folder_;
};

TEST_F(OutputFile, IsWholeAndAlone) {
  ASSERT_TRUE(write_output(folder_ / "a", "one").ok());
  ASSERT_TRUE(write_output(folder_ / "a", "two").ok());
  EXPECT_EQ(content(folder_ / "a"), "two");
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFile, HasTheUsualModeAndKeepsTheModeOfAnOldFile) {
  const mode_t mask = ::umask(027);
  ASSERT_TRUE(write_output(folder_ / "a", "x").ok());
  ::umask(mask);
  struct stat info = {};
  ASSERT_EQ(::stat((folder_ / "a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
  ::chmod((folder_ / "a").c_str(), 0600);
  ASSERT_TRUE(write_output(folder_ / "a", "y").ok());
  ASSERT_EQ(::stat((folder_ / "a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(OutputFile, WhatAKilledWriterLeftGoesWithTheNextWrite) {
  std::ofstream(folder_ / ".a.0012ef") << "half";
  std::ofstream(folder_ / ".a.0012eg") << "somebody else's";
  std::ofstream(folder_ / ".a.b.0012ef") << "of another target";
  std::ofstream(folder_ / ".a.0034ab") << "being written";
  const int fd = ::open((folder_ / ".a.0034ab").c_str(), O_RDONLY);
  ASSERT_EQ(::flock(fd, LOCK_EX | LOCK_NB), 0);
  ASSERT_TRUE(write_output(folder_ / "a", "one").ok());
  EXPECT_EQ(files(), 4u);
  EXPECT_FALSE(fs::exists(folder_ / ".a.0012ef"));
  ::close(fd);
  ASSERT_TRUE(write_output(folder_ / "a", "two").ok());
  EXPECT_EQ(files(), 3u);
}

TEST_F(OutputFile, ALinkStaysAndItsTargetIsReplaced) {
  ASSERT_TRUE(write_output(folder_ / "target", "old").ok());
  fs::create_symlink("target", folder_ / "link");
  ASSERT_TRUE(write_output(folder_ / "link", "new").ok());
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(content(folder_ / "target"), "new");
}

TEST_F(OutputFile, APipeIsWrittenToAndNotReplaced) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] { got = content(pipe); });
  ASSERT_TRUE(write_output(pipe, "through").ok());
  reader.join();
  EXPECT_EQ(got, "through");
  EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST_F(OutputFile, ADeviceIsWrittenTo) {
  EXPECT_TRUE(write_output("/dev/null", "x").ok());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(OutputFile, AFullDiskIsAResourceThatRanOut) {
  if (!fs::is_character_file("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  const auto done = write_output("/dev/full", "x");
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().exit_code(), 4);
  EXPECT_NE(done.error().message().find("/dev/full"), std::string::npos);
}

TEST_F(OutputFile, AMissingFolderIsNamedAndNothingIsLeft) {
  const auto done = write_output(folder_ / "none" / "a", "x");
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().exit_code(), 3);
  EXPECT_EQ(files(), 0u);
  EXPECT_FALSE(write_output(folder_, "x").ok());
  EXPECT_EQ(files(), 0u);
}

TEST_F(OutputFile, FoldersAreMadeWithTheirParents) {
  ASSERT_TRUE(make_folder(folder_ / "a" / "b").ok());
  EXPECT_TRUE(fs::is_directory(folder_ / "a" / "b"));
  ASSERT_TRUE(make_folder(folder_ / "a").ok());
  ASSERT_TRUE(write_output(folder_ / "file", "x").ok());
  EXPECT_FALSE(make_folder(folder_ / "file" / "c").ok());
}

}  // namespace
}  // namespace sg
