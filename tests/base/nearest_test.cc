#include "base/nearest.h"

#include <gtest/gtest.h>

namespace sg {
namespace {

const std::vector<std::string> kWords = {"measure", "gains", "weights", "compare", "report", "run"};

TEST(Nearest, SlipsOfTheHandFindTheirWord) {
  EXPECT_EQ(nearest("gain", kWords), std::vector<std::string>({"gains"}));
  EXPECT_EQ(nearest("gians", kWords), std::vector<std::string>({"gains"}));  // neighbours swapped are one edit
  EXPECT_EQ(nearest("mesure", kWords), std::vector<std::string>({"measure"}));
  EXPECT_EQ(nearest("compare-models", kWords), std::vector<std::string>({"compare"}));
  EXPECT_EQ(nearest_text("gain", kWords), "Did you mean gains?");
}

TEST(Nearest, WhatIsFarIsNotGuessed) {
  EXPECT_TRUE(nearest("nonsense", kWords).empty());
  EXPECT_TRUE(nearest("", kWords).empty());
  EXPECT_TRUE(nearest(std::string(10'000, 'x'), kWords).empty());
  EXPECT_EQ(nearest_text("nonsense", kWords), "");
  EXPECT_TRUE(nearest("--list", {"--isa", "--set", "--zoo"}).empty());  // the dashes are no letters in common
  EXPECT_EQ(nearest("-model", {"--model", "-m"}), std::vector<std::string>({"--model"}));
}

TEST(Nearest, TheNearestComesFirstAndThreeAtMost) {
  const std::vector<std::string> near = nearest("note", {"notes", "note1", "nota", "note", "node"});
  ASSERT_EQ(near.size(), 3u);
  EXPECT_EQ(near.front(), "note");
}

}  // namespace
}  // namespace sg
