// Files that other programs cut short, write to, replace or remove while they are mapped.
#include "io/lost_pages.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "io/file_map.h"
#include "io/temp_folder.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBytes = std::size_t{4} << 20;

std::uint64_t sum(std::span<const std::byte> bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0},
                         [](std::uint64_t total, std::byte b) { return total + std::to_integer<unsigned>(b); });
}

void write_at(const fs::path& path, std::size_t at, char byte) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

class LostPages : public ::testing::Test {
 protected:
  LostPages() { survive_lost_pages(); }
  test::TempFolder folder_;
  fs::path path_ = folder_.write("weights", std::string(kBytes, '\1'));
};

TEST_F(LostPages, AreZerosAndMarkTheirFileAndNoOther) {
  const FileMap map = FileMap::open(path_).value();
  const FileMap other = FileMap::open(folder_.write("other", std::string(kBytes, '\1'))).value();
  fs::resize_file(path_, kBytes / 2);
  EXPECT_TRUE(map.check().ok());  // not touched yet
  EXPECT_EQ(sum(map.bytes()), kBytes / 2);
  EXPECT_EQ(sum(other.bytes()), kBytes);
  EXPECT_TRUE(other.check().ok());
  ASSERT_FALSE(map.check().ok());
  EXPECT_EQ(map.check().error().exit_code(), 3);
  EXPECT_NE(map.check().error().message().find("changed while it was being read"), std::string::npos);
}

TEST_F(LostPages, AreMetByManyThreadsAtOnce) {
  const FileMap map = FileMap::open(path_).value();
  fs::resize_file(path_, 4096);
  std::vector<std::thread> team;
  for (std::size_t t = 0; t < 4; ++t)
    team.emplace_back([&, t] { EXPECT_EQ(sum(map.bytes().subspan((t + 1) * kBytes / 8, kBytes / 8)), 0u); });
  for (std::thread& thread : team) thread.join();
  EXPECT_FALSE(map.check().ok());
}

TEST_F(LostPages, AreFoundByReadingAhead) {
  const FileMap map = FileMap::open(path_).value();
  fs::resize_file(path_, 4096);
  read_now(map.bytes());
#ifdef MADV_POPULATE_READ
  EXPECT_FALSE(map.check().ok());
#endif
  EXPECT_EQ(sum(map.bytes().subspan(0, 4096)), 4096u);
}

TEST_F(LostPages, OfAMappingThatIsGoneMarkNobody) {
  for (int i = 0; i < 3; ++i) {
    const FileMap map = FileMap::open(folder_.write("again", std::string(kBytes, '\1'))).value();
    EXPECT_TRUE(map.check().ok());
    fs::resize_file(map.path(), 1);
    EXPECT_EQ(sum(map.bytes()), 1u);
    EXPECT_FALSE(map.check().ok());
  }
}

/// A page beyond the end of a file that nobody watches.
void touch_an_unwatched_page(const fs::path& path) {
  survive_lost_pages();
  const int file = ::open(path.c_str(), O_RDONLY);
  const void* mapping = ::mmap(nullptr, kBytes, PROT_READ, MAP_PRIVATE, file, 0);
  fs::resize_file(path, 0);
  ::_exit(*static_cast<const volatile char*>(mapping));
}

TEST_F(LostPages, ElsewhereAreStillFatal) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  // By the signal, or by a sanitizer that reports it.
  const auto dies = [](int status) {
    return WIFSIGNALED(status) ? WTERMSIG(status) == SIGBUS : WEXITSTATUS(status) != 0;
  };
  EXPECT_EXIT(touch_an_unwatched_page(path_), dies, "");
  EXPECT_EXIT((survive_lost_pages(), ::raise(SIGBUS)), dies, "");
}

TEST_F(LostPages, ChangesOfEveryKindAreSeenAtTheEnd) {
  const auto message = [](const FileMap& map) {
    const Result<void> result = map.check_unchanged();
    return result.ok() ? std::string("unchanged") : result.error().message();
  };
  const auto later = [&](const fs::path& path) {
    fs::last_write_time(path, fs::last_write_time(path) + std::chrono::seconds(1));
  };
  FileMap map = FileMap::open(path_).value();
  EXPECT_EQ(message(map), "unchanged");
  fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(message(map), "unchanged");
  write_at(path_, 100, '\2');
  later(path_);
  EXPECT_NE(message(map).find("written to since"), std::string::npos) << message(map);
  map = FileMap::open(path_).value();
  fs::resize_file(path_, kBytes + 1);
  EXPECT_NE(message(map).find("4194305 bytes where it had 4194304"), std::string::npos) << message(map);
  map = FileMap::open(path_).value();
  fs::rename(folder_.write("new", std::string(kBytes, '\3')), path_);
  EXPECT_NE(message(map).find("another file in its place"), std::string::npos) << message(map);
  map = FileMap::open(path_).value();
  fs::remove(path_);
  EXPECT_EQ(message(map), "unchanged");  // and whole
  EXPECT_EQ(sum(map.bytes()), 3 * kBytes);
}

TEST_F(LostPages, AFileIsReadPastItsMapping) {
  const FileMap map = FileMap::open(path_).value();
  write_at(path_, 7, '\5');
  EXPECT_FALSE([&] {
    fs::last_write_time(path_, fs::last_write_time(path_) + std::chrono::seconds(1));
    return FileReader::open(map).ok();
  }());
  const FileMap fresh = FileMap::open(path_).value();
  const FileReader reader = FileReader::open(fresh).value();
  std::array<std::byte, 3> bytes{};
  ASSERT_TRUE(reader.read(6, bytes).ok());
  EXPECT_EQ(bytes, (std::array{std::byte{1}, std::byte{5}, std::byte{1}}));
  EXPECT_FALSE(reader.read(kBytes - 1, bytes).ok());
}

}  // namespace
}  // namespace sg
