#include "base/folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace sg {
namespace {

namespace fs = std::filesystem;

TEST(Folder, IsReadSortedAndWithoutExceptions) {
  const fs::path root = fs::temp_directory_path() / ("sg_folder_" + std::to_string(::getpid()));
  fs::create_directories(root / "b");
  std::ofstream(root / "c") << "x";
  std::ofstream(root / "a") << "x";
  std::ofstream(root / "b" / "below") << "x";
  fs::create_directory_symlink("loop", root / "loop");
  std::error_code failure;
  EXPECT_EQ(entries_of(root, failure), (std::vector<fs::path>{root / "a", root / "b", root / "c", root / "loop"}));
  EXPECT_FALSE(failure);
  EXPECT_EQ(files_below(root), (std::vector<fs::path>{root / "a", root / "b" / "below", root / "c", root / "loop"}));
  // What cannot be looked at is absent: a link to itself, and a name longer than any.
  EXPECT_FALSE(is_there(root / "loop"));
  EXPECT_FALSE(is_folder(root / "loop"));
  EXPECT_FALSE(is_there(root / std::string(5000, 'x')));
  EXPECT_TRUE(entries_of(root / "none").empty());
  EXPECT_TRUE(entries_of(root / std::string(5000, 'x'), failure).empty());
  EXPECT_TRUE(failure);
  EXPECT_TRUE(files_below(root / "none").empty());
  fs::remove_all(root);
}

}  // namespace
}  // namespace sg
