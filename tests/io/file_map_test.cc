#include "io/file_map.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "io/temp_folder.h"

namespace sg {
namespace {

std::string text_of(const FileMap& map) {
  return {reinterpret_cast<const char*>(map.bytes().data()), map.bytes().size()};
}

std::string message_of(const std::filesystem::path& path) {
  const auto map = FileMap::open(path);
  return map.ok() ? "no error" : map.error().message();
}

TEST(FileMap, HoldsTheBytesWhereverItMoves) {
  const test::TempFolder folder;
  FileMap first = FileMap::open(folder.write("a", "alpha")).value();
  const std::byte* const address = first.bytes().data();
  FileMap second = FileMap::open(folder.write("b", "be")).value();
  second = std::move(first);
  EXPECT_EQ(text_of(second), "alpha");
  EXPECT_EQ(second.bytes().data(), address);
  const FileMap third(std::move(second));
  EXPECT_EQ(text_of(third), "alpha");
  EXPECT_EQ(third.path().filename(), "a");
}

TEST(FileMap, HintsChangeNoByte) {
  const test::TempFolder folder;
  std::string content(50'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 % 251);
  const FileMap map = FileMap::open(folder.write("a", content)).value();
  for (const auto& [begin, count] :
       {std::pair<std::size_t, std::size_t>{0, 50'000}, {1, 49'999}, {4096, 4096}, {5, 0}}) {
    prefetch(map.bytes().subspan(begin, count));
    release(map.bytes().subspan(begin, count));
  }
  EXPECT_EQ(text_of(map), content);
}

TEST(FileMap, SaysWhyItCannotOpen) {
  const test::TempFolder folder;
  EXPECT_NE(message_of(folder.path() / "none").find("No such file"), std::string::npos);
  EXPECT_NE(message_of(folder.path()).find("directory"), std::string::npos);
  EXPECT_NE(message_of(folder.write("empty", "")).find("empty"), std::string::npos);
  std::filesystem::create_symlink("blobs/gone", folder.path() / "link");
  EXPECT_NE(message_of(folder.path() / "link").find("blobs/gone, which is missing"), std::string::npos)
      << message_of(folder.path() / "link");
  EXPECT_NE(message_of("/dev/null").find("not a regular file"), std::string::npos);
}

}  // namespace
}  // namespace sg
